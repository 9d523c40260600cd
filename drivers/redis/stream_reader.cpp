#include "drivers/redis/stream_reader.h"

#include <hiredis/hiredis.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "drivers/redis/text.h"
#include "drivers/redis/wire.h"

namespace drivers::redis {

namespace {

using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Result;

constexpr Duration kBlock{1'000};
constexpr const char* kBatch = "100";  ///< LIMITS.md §2: no gain past it, and 1.6 ms of the loop
constexpr Duration kTryAgain{1'000};
constexpr Duration kComplainEvery{60'000};

std::string_view text_of(const redisReply& reply) {
  return reply.str == nullptr ? std::string_view{} : std::string_view{reply.str, reply.len};
}

// TIME answers seconds and microseconds.
std::optional<std::int64_t> redis_ms(const Value& time) {
  if (time.items.size() != 2) return {};
  const auto seconds = parse_amount(time.items[0].text);
  const auto micros = parse_amount(time.items[1].text);
  if (!seconds || !micros) return {};
  return *seconds * 1'000 + *micros / 1'000;
}

}  // namespace

StreamReader::StreamReader(reactor::Loop& loop, Connection& connection, const Keys& keys,
                           ReadFrom from, ReaderEvents events)
    : loop_(loop),
      connection_(connection),
      stats_key_(keys.stats()),
      replies_key_(keys.replies()),
      from_(std::move(from)),
      events_(std::move(events)),
      next_(loop, [this] { read(); }),
      again_(loop, [this] { begin(); }),
      stats_at_(from_.stats_after.value_or(actors::StreamId{})),
      replies_at_(from_.replies_after.value_or(actors::StreamId{})) {}

void StreamReader::start() {
  if (reading_) return;
  reading_ = true;
  begin();
}

void StreamReader::begin() {
  const std::int64_t turn = ++turn_;
  connection_.command({"TIME"}, [this, turn](const Result<Value>& time) {
    if (turn == turn_) place(time);
  });
}

void StreamReader::stop() {
  reading_ = false;
  ++turn_;
  next_.stop();
  again_.stop();
}

void StreamReader::place(const Result<Value>& time) {
  if (!time.ok()) return failed(time.error());
  const auto now = redis_ms(time.value());
  if (!now) return failed({Errc::malformed, "Redis answered something else to TIME"});
  const actors::StreamId begin{
      std::to_string(std::max<std::int64_t>(0, *now - from_.window.count())) + "-0"};
  if (stats_at_.text.empty()) stats_at_ = begin;
  if (replies_at_.text.empty()) replies_at_ = begin;
  check(stats_key_, stats_at_, [this] { check(replies_key_, replies_at_, [this] { read(); }); });
}

// A Redis that lost its last second (or all it had) gives new entries lower ids than we have seen:
// asked for what comes after ours, it would stay silent for ever.
void StreamReader::check(const std::string& key, actors::StreamId& at, std::function<void()> then) {
  const auto look = [this, &at, turn = turn_, then = std::move(then)](const Result<Value>& reply) {
    if (turn != turn_) return;
    if (!reply.ok()) return failed(reply.error());
    const auto last = parse_entries(reply.value());
    if (!last.ok()) return failed(last.error());
    const actors::StreamId end =
        last.value().empty() ? actors::StreamId{"0-0"} : last.value()[0].id;
    if (as_numbers(end) < as_numbers(at)) at = end;
    then();
  };
  connection_.command({"XREVRANGE", key, "+", "-", "COUNT", "1"}, look);
}

void StreamReader::read() {
  const auto done = [this, turn = turn_](const Result<const redisReply*>& reply) {
    if (turn != turn_) return;
    if (!reply.ok()) return failed(reply.error());
    arrived(*reply.value());
  };
  connection_.raw_command({"XREAD", "COUNT", kBatch, "BLOCK", std::to_string(kBlock.count()),
                           "STREAMS", stats_key_, replies_key_, stats_at_.text, replies_at_.text},
                          done, kBlock);
}

void StreamReader::arrived(const redisReply& reply) {
  if (!std::exchange(fault_, {}).empty()) events_.changed();
  const std::int64_t turn = turn_;
  for (std::size_t i = 0; reply.type == REDIS_REPLY_ARRAY && i < reply.elements; ++i) {
    const redisReply& part = *reply.element[i];
    if (part.type != REDIS_REPLY_ARRAY || part.elements != 2) continue;
    if (text_of(*part.element[0]) == stats_key_) take_stats(*part.element[1]);
    if (text_of(*part.element[0]) == replies_key_) take_replies(to_value(*part.element[1]));
    if (turn != turn_) return;  // the listener stopped us: the rest comes again
  }
  next_.start(from_.pause);
}

void StreamReader::take_stats(const redisReply& list) {
  ReadBatch read = read_stats(list);
  if (read.batch.last.text.empty()) return failed({Errc::malformed, "entries without ids"});
  stats_at_ = read.batch.last;
  if (read.batch.malformed > 0) malformed(read.fault, read.batch.malformed);
  events_.stats(std::move(read.batch));
}

void StreamReader::take_replies(const Value& list) {
  const auto entries = parse_entries(list);
  if (!entries.ok()) return failed(entries.error());
  const std::int64_t turn = turn_;
  for (const Entry& entry : entries.value()) {
    replies_at_ = entry.id;
    auto reply = decode_reply(as_value(entry.fields));
    if (!reply.ok()) {
      malformed(entry.id.text + ": " + reply.error().detail, 1);
      continue;
    }
    events_.reply(std::move(reply).value());
    if (turn != turn_) return;
  }
}

// A broken connection says so itself; here an error reply has to be waited out.
void StreamReader::failed(const Error& error) {
  if (error.code == Errc::unreachable || error.code == Errc::outcome_unknown) return;
  const std::string before = std::exchange(fault_, "cannot read statistics: " + error.detail);
  ++turn_;
  again_.start(kTryAgain);
  if (fault_ != before) events_.changed();
}

// Anybody who may write statistics could fill our log: one line a minute.
void StreamReader::malformed(const std::string& what, std::int64_t count) {
  malformed_ += count;
  if (complained_ && loop_.now() - *complained_ < kComplainEvery) return;
  complained_ = loop_.now();
  spdlog::warn("{} entries from hosts not understood so far, the last: {}", malformed_, what);
}

}  // namespace drivers::redis
