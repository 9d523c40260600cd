#include "actors/director/pool_guard.h"

#include <algorithm>
#include <utility>

#include "actors/pool/passing.h"

namespace actors {

using enum ReasonCode;

namespace {

constexpr std::int64_t kLeastSilent = 2;  // one host that is silent is that host's matter

struct Heard {
  std::int64_t silent = 0, all = 0;
};

// One that sleeps is not missed, nor one that never said hello. One that has not spoken since we
// started is missed if its last word in Redis is that it is up, but only once it had its time.
bool should_speak(const Host& host, bool had_time) {
  const bool up = host.hello && host.hello->state == ports::AgentState::up;
  return host.actor.heard_once() || (up && had_time);
}

Heard heard_in(const Pool& pool, bool had_time) {
  Heard out;
  for (const auto& [id, host] : pool.hosts) {
    const bool missed = host.actor.state() == HostState::silent && should_speak(host, had_time);
    out.silent += missed ? 1 : 0;
    out.all += missed || host.actor.state() == HostState::awake ? 1 : 0;
  }
  return out;
}

}  // namespace

PoolState PoolGuard::state() const {
  if (blind_) return PoolState::blind;
  return held_ ? PoolState::held : PoolState::leading;
}

void PoolGuard::say(PoolState from, Reason reason) {
  stage_.say_pool(from, state(), std::move(reason));
}

void PoolGuard::take(const input::Leading& event) {
  stage_.epoch = std::max(stage_.epoch, event.epoch);
  const PoolState from = state();
  blind_.reset();
  if (!led_since_) led_since_ = stage_.now;
  leads_since_ = stage_.now;
  recount_ = true;
  say(from, {.code = leading_pool, .values = {event.epoch}});
  if (held_) say(state(), *held_);  // that it leads is not why
  stage_.touch_all();
}

void PoolGuard::take(const input::Blind& event) {
  if (blind_ == event.why) return;
  const PoolState from = state();
  blind_ = event.why;
  say(from, {.code = blind_pool, .detail = event.why});
  stage_.touch_all();
}

void PoolGuard::said_hello(const HostId& host) {
  const Host* known = stage_.pool.find(host);
  if (known && !known->actor.heard_once()) recount_ = true;
}

// Another controller may have begun something a moment ago that shows at one end only. A host that
// is not heard is not waited for without end; if there are too many of them, nothing is begun then.
void PoolGuard::wait_for_hosts() {
  if (surveyed_ || !led_since_) return;
  const bool waited = stage_.now - *led_since_ >= stage_.pool.settings.start_patience;
  if (!waited && !met_all()) return;
  surveyed_ = true;
  recount_ = true;
  if (waited) weigh_silence();
  stage_.touch_all();
}

bool PoolGuard::met_all() const {
  return std::ranges::all_of(stage_.pool.hosts, [&](const auto& entry) {
    return entry.second.met && !leaves_for_nowhere(stage_.pool, entry.second);
  });
}

// Counted only when some host's state changed; after a blind time they first have the time that any
// host has to be heard.
void PoolGuard::weigh_silence() {
  const Settings& settings = stage_.pool.settings;
  const bool early = stage_.now - leads_since_ < settings.power.silent_after;
  if (blind_ || early || !std::exchange(recount_, false)) return;
  const auto [silent, all] = heard_in(stage_.pool, surveyed_);
  const std::int64_t limit = settings.guard.silent_share_pct;
  const bool hold = silent >= kLeastSilent && silent * 100 > limit * all;
  if (hold == held_.has_value()) return;
  const PoolState from = state();
  const Reason why{.code = hold ? hosts_silent : hosts_speak, .values = {silent, all, limit}};
  held_ = hold ? std::optional{why} : std::nullopt;
  say(from, why);
  stage_.touch_all();
}

}  // namespace actors
