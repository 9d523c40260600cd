#include "tools/doctor/redis_look.h"

#include <utility>

#include "drivers/redis/entries.h"
#include "drivers/redis/wire.h"

namespace doctor {

using actors::HostId;
using drivers::redis::Value;
using reactor::Duration;
using reactor::Result;

namespace {
constexpr std::size_t kSamplesEach = 5;  // so that each host has one among the newest
}

RedisLook::RedisLook(reactor::Loop& loop, drivers::redis::Endpoint endpoint,
                     const std::string& pool, std::vector<HostId> hosts)
    : loop_(loop),
      keys_(pool),
      hosts_(std::move(hosts)),
      connection_(loop, std::move(endpoint), {[this] { ask(); }, [](const auto&) {}},
                  std::random_device{}(), drivers::redis::Voice::silent) {}

void RedisLook::read(Duration limit, std::function<void(AgentsSaid)> done) {
  done_ = std::move(done);
  loop_.after(limit,
              [this] { finish(connection_.up() ? "it does not answer" : connection_.why_down()); });
  if (connection_.up()) ask();
}

void RedisLook::ask() {
  if (!done_ || waiting_ > 0) return;
  waiting_ = hosts_.size() + 1;
  for (const HostId& host : hosts_)
    connection_.command({"HGETALL", keys_.host(host)},
                        [this, host](const auto& reply) { heard_hello(host, reply); });
  const auto most = std::to_string(kSamplesEach * hosts_.size());
  connection_.command({"XREVRANGE", keys_.stats(), "+", "-", "COUNT", most},
                      [this](const auto& reply) { heard_stats(reply); });
}

void RedisLook::heard_hello(const HostId& host, const Result<Value>& reply) {
  const auto hello = reply.ok() ? drivers::redis::decode_hello(reply.value()) : reply.error();
  if (hello.ok()) said_.hellos.emplace(host, hello.value());
  answered();
}

// An entry's id is Redis' clock at its arrival, a moment after its sample was taken. Newest first.
void RedisLook::heard_stats(const Result<Value>& reply) {
  const auto entries = reply.ok() ? drivers::redis::parse_entries(reply.value()) : reply.error();
  if (!entries.ok()) return answered();
  for (const drivers::redis::Entry& entry : entries.value()) {
    const auto sample = drivers::redis::decode_stats(drivers::redis::as_value(entry.fields));
    if (!sample.ok()) continue;
    const auto there = static_cast<std::int64_t>(drivers::redis::as_numbers(entry.id).first);
    said_.clocks.emplace(sample.value().host, sample.value().wall - Duration{there});
  }
  answered();
}

void RedisLook::answered() {
  if (--waiting_ == 0) finish({});
}

void RedisLook::finish(const std::string& why_not) {
  const auto done = std::exchange(done_, nullptr);
  if (!done) return;
  said_.why_not = why_not;
  done(std::move(said_));
}

}  // namespace doctor
