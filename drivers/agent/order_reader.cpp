#include "drivers/agent/order_reader.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "drivers/agent/files.h"
#include "drivers/redis/wire.h"

namespace drivers::agent {

namespace {

using reactor::Duration;
using redis::Value;

constexpr Duration kBlock{1'000}, kPauseAfterRefusal{1'000};
constexpr auto kAtOnce = "16";

std::pair<std::int64_t, std::int64_t> parts(std::string_view id) {
  const auto dash = std::min(id.find('-'), id.size());
  const auto tail = id.substr(std::min(dash + 1, id.size()));
  return {to_number(id.substr(0, dash)).value_or(0), to_number(tail).value_or(0)};
}

}  // namespace

std::optional<std::int64_t> time_of(std::string_view entry_id) {
  return to_number(entry_id.substr(0, entry_id.find('-')));
}

bool comes_before(std::string_view a, std::string_view b) {
  return parts(a) < parts(b);
}

OrderReader::OrderReader(reactor::Loop& loop, const redis::Endpoint& endpoint, std::string stream,
                         OrderEvents events)
    : loop_(loop),
      stream_(std::move(stream)),
      events_(std::move(events)),
      connection_(loop, endpoint, {[this] { find_end(); }, nullptr}, std::random_device{}(),
                  redis::Voice::silent) {}

void OrderReader::begin_anew() {
  ++run_;
  from_.reset();
  if (!connection_.up()) return;  // find_end() comes with the connection
  connection_.drop("the host slept");
}

void OrderReader::command(const std::vector<std::string>& words,
                          void (OrderReader::*then)(const Value&), Duration may_block) {
  connection_.command(
      words,
      [this, then, run = run_](const reactor::Result<Value>& reply) {
        if (run != run_) return;
        if (!reply.ok()) return failed(reply.error());
        said_.clear();
        (this->*then)(reply.value());
      },
      may_block);
}

// Anything else than a refusal ends the connection, and the next one begins with find_end().
void OrderReader::failed(const reactor::Error& error) {
  if (error.code != reactor::Errc::refused) return;
  if (std::exchange(said_, error.detail) != error.detail)
    spdlog::error("orders are not heard: Redis refuses to read {}: {}", stream_, error.detail);
  loop_.after(kPauseAfterRefusal, [this, run = run_] {
    if (run == run_ && connection_.up()) find_end();
  });
}

void OrderReader::find_end() {
  ++run_;
  command({"XREVRANGE", stream_, "+", "-", "COUNT", "1"}, &OrderReader::found_end);
}

// A stream that ends before the place we were at was lost and begun anew, by a Redis without a
// file.
void OrderReader::found_end(const Value& newest) {
  const bool empty = newest.items.empty() || newest.items.front().items.empty();
  const std::string end = empty ? "0-0" : newest.items.front().items.front().text;
  const bool known = from_.has_value();
  if (!known || comes_before(end, *from_)) from_ = end;
  if (!known) events_.listening();
  read();
}

void OrderReader::read() {
  command({"XREAD", "COUNT", kAtOnce, "BLOCK", std::to_string(kBlock.count()), "STREAMS", stream_,
           *from_},
          &OrderReader::have_read, kBlock);
}

void OrderReader::have_read(const Value& streams) {
  const bool some = !streams.items.empty() && streams.items.front().items.size() == 2;
  if (!some) return read();
  ask_time(streams.items.front().items[1]);
}

void OrderReader::ask_time(Value entries) {
  connection_.command({"TIME"}, [this, run = run_, entries = std::move(entries)](const auto& time) {
    if (run != run_) return;
    if (!time.ok()) return failed(time.error());
    const auto& parts = time.value().items;
    const std::int64_t seconds = parts.empty() ? 0 : to_number(parts[0].text).value_or(0);
    const std::int64_t microseconds = parts.size() < 2 ? 0 : to_number(parts[1].text).value_or(0);
    deliver(entries, seconds * 1'000 + microseconds / 1'000);
  });
}

// An order may end this run (a suspend): the rest of the batch is then dropped with it.
void OrderReader::deliver(const Value& entries, std::int64_t now_ms) {
  const int run = run_;
  for (const Value& entry : entries.items) {
    if (run != run_) return;
    if (entry.items.size() != 2) continue;
    from_ = entry.items[0].text;
    const auto order = redis::decode_order(entry.items[1]);
    if (!order.ok()) {
      spdlog::warn("order {} in {} is left out: {}", *from_, stream_, order.error().detail);
      continue;
    }
    const Duration age{now_ms - time_of(*from_).value_or(0)};
    events_.order(HeardOrder{{*from_}, order.value(), age});
  }
  if (run == run_) read();
}

}  // namespace drivers::agent
