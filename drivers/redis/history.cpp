#include "drivers/redis/history.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <utility>

namespace drivers::redis {

namespace {

using actors::StreamId;
using actors::ports::StatsBatch;
using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

constexpr const char* kPage = "200";
constexpr std::size_t kPageEntries = 200;
constexpr Duration kPatience{10'000};  ///< a page of snapshots may be long

std::string or_first(const StreamId& id) {
  return id.text.empty() ? "-" : id.text;
}
std::string or_last(const StreamId& id) {
  return id.text.empty() ? "+" : id.text;
}

Error not_read(const Error& error) {
  return {error.code == Errc::outcome_unknown ? Errc::unreachable : error.code, error.detail};
}

Result<std::vector<Entry>> page_of(const Result<Value>& reply) {
  if (!reply.ok()) return not_read(reply.error());
  return parse_entries(reply.value());
}

bool has(const Entry& entry, const std::string& field, const std::optional<std::string>& text) {
  return std::any_of(entry.fields.begin(), entry.fields.end(), [&](const auto& pair) {
    return pair.first == field && (!text || pair.second == *text);
  });
}

}  // namespace

struct History::Backwards {
  std::string field;
  std::optional<std::string> text;
  std::string from;
  Done<std::optional<Entry>> done;
};

History::History(Connection& connection, Keys keys)
    : connection_(connection), keys_(std::move(keys)) {}

void History::journal(const Range& range, OnPage on_page, Done<Unit> done) {
  pages({or_first(range.first)}, {or_last(range.last)}, std::move(on_page), std::move(done));
}

void History::pages(const StreamId& from, const StreamId& last, OnPage on_page, Done<Unit> done) {
  connection_.command(
      {"XRANGE", keys_.journal(), from.text, last.text, "COUNT", kPage},
      [this, last, on_page = std::move(on_page),
       done = std::move(done)](const Result<Value>& reply) mutable {
        auto page = page_of(reply);
        if (!page.ok()) return done(page.error());
        const std::size_t size = page.value().size();
        const StreamId end = size == 0 ? StreamId{} : page.value().back().id;
        const bool more = size == 0 || on_page(std::move(page).value());
        if (size < kPageEntries || !more) return done(Unit{});
        pages({"(" + end.text}, last, std::move(on_page), std::move(done));
      },
      kPatience);
}

void History::last_entry(Done<std::optional<Entry>> done) {
  connection_.command({"XREVRANGE", keys_.journal(), "+", "-", "COUNT", "1"},
                      [done = std::move(done)](const Result<Value>& reply) {
                        auto page = page_of(reply);
                        if (!page.ok()) return done(page.error());
                        if (page.value().empty()) return done(std::optional<Entry>{});
                        done(std::optional{page.value().front()});
                      });
}

void History::latest_with(const std::string& field, std::optional<std::string> text,
                          const StreamId& before, Done<std::optional<Entry>> done) {
  search({field, std::move(text), or_last(before), std::move(done)});
}

void History::search(Backwards search) {
  std::vector<std::string> words{"XREVRANGE", keys_.journal(), search.from, "-", "COUNT", kPage};
  connection_.command(
      words,
      [this, search = std::move(search)](const Result<Value>& reply) mutable {
        const auto page = page_of(reply);
        if (!page.ok()) return search.done(page.error());
        for (const Entry& entry : page.value())
          if (has(entry, search.field, search.text)) return search.done(std::optional{entry});
        if (page.value().size() < kPageEntries) return search.done(std::optional<Entry>{});
        search.from = "(" + page.value().back().id.text;
        this->search(std::move(search));
      },
      kPatience);
}

// One command: a batch read live has a hundred entries at most.
void History::stats(const Range& range, Done<StatsBatch> done) {
  connection_.raw_command(
      {"XRANGE", keys_.stats(), or_first(range.first), or_last(range.last)},
      [done = std::move(done)](const Result<const redisReply*>& reply) {
        if (!reply.ok()) return done(not_read(reply.error()));
        done(read_stats(*reply.value()).batch);
      },
      kPatience);
}

void History::definition(const actors::VmId& vm, Done<std::optional<std::string>> done) {
  connection_.command({"GET", keys_.definition(vm)},
                      [done = std::move(done)](const Result<Value>& reply) {
                        if (!reply.ok()) return done(not_read(reply.error()));
                        if (reply.value().kind == Value::Kind::nil)
                          return done(std::optional<std::string>{});
                        done(std::optional{reply.value().text});
                      });
}

}  // namespace drivers::redis
