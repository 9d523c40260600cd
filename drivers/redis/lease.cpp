#include "drivers/redis/lease.h"

#include <utility>

namespace drivers::redis {

namespace {

using reactor::Duration;
using reactor::Instant;
using reactor::Result;

// KEYS: lease, epoch, hashes of hosts. ARGV: value, its part "NAME ", lifetime in ms, our epoch or
// 0. Answers {1, epoch} or {0, who holds it}. A renewal that finds all as it was keeps the epoch;
// any other way to the lease makes a new one. Epochs are doubles in here, so a host that claims one
// over 10^14 is not believed.
constexpr const char* kTake = R"(
local held, mine = redis.call('GET', KEYS[1]), ARGV[1]
local function number(text)
  local n = type(text) == 'string' and tonumber(text)
  return n and n > 0 and n < 1e14 and n == math.floor(n) and n or 0
end
if held and string.sub(held, 1, #ARGV[2]) ~= ARGV[2] then return {0, held} end
local epoch, ours = number(redis.call('GET', KEYS[2])), number(ARGV[4])
if held ~= mine or ours == 0 or epoch ~= ours then
  epoch = math.max(epoch, ours)
  for i = 3, #KEYS do
    epoch = math.max(epoch, number(redis.pcall('HGET', KEYS[i], 'epoch')))
  end
  epoch = epoch + 1
  redis.call('SET', KEYS[2], string.format('%.0f', epoch))
end
redis.call('SET', KEYS[1], mine, 'PX', ARGV[3])
return {1, epoch})";

constexpr const char* kGiveBack =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

std::string name_part(const std::string& value) {
  return value.substr(0, value.find(' ') + 1);
}

}  // namespace

Lease::Lease(reactor::Loop& loop, Connection& connection, LeaseSettings settings,
             LeaseEvents events)
    : loop_(loop),
      connection_(connection),
      settings_(std::move(settings)),
      events_(std::move(events)),
      renew_(loop, [this] { ask(); }) {}

void Lease::connected() {
  asked_ = false;
  renew_.start(Duration::zero(), settings_.time / 3);
}

void Lease::disconnected() {
  renew_.stop();
  held_ = false;
}

void Lease::doubt(const std::string& why) {
  if (held_) lose(why);
}

void Lease::lose(const std::string& why) {
  held_ = false;
  events_.lost(why);
}

// While it is held the hosts' hashes are of no interest: a pool may have ten thousand.
void Lease::ask() {
  if (held_ && loop_.now() >= held_until_) lose("the lease was not renewed in time");
  if (asked_) return;
  asked_ = true;
  const std::size_t hosts = held_ ? 0 : settings_.hosts.size();
  std::vector<std::string> words{"EVAL", kTake, std::to_string(2 + hosts), settings_.keys.lease(),
                                 settings_.keys.epoch()};
  for (std::size_t i = 0; i < hosts; ++i)
    words.push_back(settings_.keys.host(settings_.hosts[i]));
  for (std::string& word :
       std::vector<std::string>{settings_.value, name_part(settings_.value),
                                std::to_string(settings_.time.count()), std::to_string(epoch_)})
    words.push_back(std::move(word));
  connection_.command(
      words, [this, asked = loop_.now()](const Result<Value>& reply) { answered(reply, asked); });
}

void Lease::answered(const Result<Value>& reply, Instant asked) {
  asked_ = false;
  if (!reply.ok()) {
    if (reply.error().code == reactor::Errc::refused)
      lose("Redis does not take the lease: " + reply.error().detail);
    return;  // otherwise the connection's end says so
  }
  const std::vector<Value>& items = reply.value().items;
  if (items.size() != 2) return lose("Redis answered something else to the lease");
  if (items[0].integer != 1)
    return lose("pool is led by another controller: " + items[1].text + " (name, pid)");
  held_until_ = asked + settings_.time;
  const bool same = held_ && epoch_ == items[1].integer;
  if (held_ && !same) lose("the lease had run out");
  epoch_ = items[1].integer;
  if (same) return;
  held_ = true;
  events_.held();
}

void Lease::release(std::function<void()> done) {
  disconnected();
  connection_.command({"EVAL", kGiveBack, "1", settings_.keys.lease(), settings_.value},
                      [done = std::move(done)](const Result<Value>&) { done(); });
}

}  // namespace drivers::redis
