// Which hosts may sleep and which are to be awake though nobody needs them: drills, the reserve,
// and the records that they rest on.
#include <algorithm>
#include <tuple>
#include <utility>

#include "actors/director/director.h"

namespace actors {

using enum ReasonCode;

void Director::take(const input::WakesRead& event) {
  Host* host = find_host(event.host);
  if (!host || host->wakes_read || event.failure) return;
  host->wakes_read = true;
  if (event.wakes) host->wakes = *event.wakes;
  agenda_.touch(*host);
}

// Read once; from then on what is known here is the newest, and Redis may have lost it.
void Director::ask_wakes(const Host& host) {
  const HostId& id = host.plan.name;
  if (!host.wakes_read) {
    out_.effects.emplace_back(effect::ReadWakes{id});
  } else if (host.wakes.tried() > 0 || host.wakes.sleeps() > 0) {
    out_.effects.emplace_back(effect::KeepWakes{id, host.wakes});
  }
}

void Director::take(const input::DrillAsked& event) {
  for (const HostId& id : event.hosts)
    if (Host* host = find_host(id)) ask_drill(*host);
}

void Director::ask_drill(Host& host) {
  if (const std::string why = why_no_drill(host); !why.empty())
    return say_of(host, {.code = drill_impossible, .detail = why});
  drills_.ask(host.plan.name);
  agenda_.touch(host);
}

std::string Director::why_no_drill(const Host& host) const {
  if (pool_.settings.dry_run) return "this is a dry run";
  if (!may_act()) return "nothing is put to sleep while the pool is " + pool_state();
  if (!host.plan.may_sleep) return "it is never put to sleep (may_sleep, power.never_sleep)";
  if (const auto vms = Pool::needed_by(host); vms > 0)
    return std::to_string(vms) + " VMs are there, or on their way";
  const HostState state = host.actor.state();
  if (state == HostState::silent || state == HostState::faulty)
    return "it is " + std::string{name_of(state)};
  return {};
}

// What it may do by itself; whether somebody needs it is counted by the caller.
Needed Director::needs_of(Host& host) {
  const bool act = may_act() && !pool_.settings.dry_run;
  const bool known = act && host.known && weighed(host);
  const bool asleep = host.actor.state() == HostState::asleep;
  if (known || (act && asleep)) drills_.consider(now_, host, pool_.settings);
  const bool drill = drills_.runs(host.plan.name);
  return {.vms = Pool::needed_by(host),
          .may_suspend = known && drills_.may_sleep(now_, host, pool_.settings.power),
          .stranger = !host.hello && !blind_ && !pool_.settings.dry_run,
          .drill = drill,
          .reserve = host.reserve && !drill};
}

// One that has only just come up may be wanted for the reserve, which is chosen in the next turn.
bool Director::weighed(const Host& host) const {
  const auto& reserve = pool_.settings.power.reserve;
  return (reserve && *reserve == 0) || host.actor.since() < now_;
}

// Those that are awake first, so that none is woken while another goes to sleep.
void Director::choose_reserve() {
  const PowerSettings& power = pool_.settings.power;
  const std::int64_t wanted =
      power.reserve ? *power.reserve : reserve_.wanted(now_, longest_wake(), power);
  if (wanted == 0 && !reserved_) return;
  reserved_ = wanted > 0;
  std::vector<std::pair<std::tuple<int, std::int64_t, std::int64_t, std::size_t>, HostId>> ranked;
  for (const Host* host : pool_.in_order(Role::server))
    if (const auto place = reserve_rank(*host); place && host->order)
      ranked.push_back(
          {{*place, host->wakes.grade(), power.rotate ? -host->wakes.sleeps() : 0, *host->order},
           host->plan.name});
  std::ranges::sort(ranked);
  if (std::ssize(ranked) > wanted) ranked.resize(static_cast<std::size_t>(wanted));
  std::set<HostId> chosen;
  for (const auto& [rank, id] : ranked)
    chosen.insert(id);
  for (auto& [id, host] : pool_.hosts)
    if (std::exchange(host.reserve, chosen.contains(id)) != chosen.contains(id))
      agenda_.touch(host);
}

std::optional<int> Director::reserve_rank(const Host& host) {
  if (Pool::needed_by(host) > 0) return std::nullopt;
  switch (host.actor.state()) {
    case HostState::awake: return 0;
    case HostState::waking: return 1;
    case HostState::asleep: return 2;
    case HostState::suspending: return 3;
    case HostState::silent:
    case HostState::faulty: return std::nullopt;
  }
  return std::nullopt;
}

// p95; a pool without any wakes yet takes what one way may take.
Duration Director::longest_wake() const {
  Duration longest{};
  for (const Host* host : pool_.in_order(Role::server))
    longest = std::max(longest, host->wakes.percentile(95).value_or(Duration{}));
  return longest > Duration{} ? longest : pool_.settings.power.wake_each;
}

// Its record, and whether a drill is over with this.
void Director::power_changed(Host& host, const HostChanged& change, reactor::Instant since) {
  const Waking& wake = host.actor.last_wake();
  const bool woke = change.from == HostState::waking && change.to == HostState::awake;
  const bool failed = change.from == HostState::waking && change.to == HostState::faulty;
  const bool slept = change.from == HostState::suspending && change.to == HostState::asleep;
  const bool resumed = woke && host.hello && host.hello->boot == host.slept_boot;
  if (woke)
    host.wakes.woke(now_, host.plan, wake.way(), now_ - since, now_ - wake.turn_since(), resumed);
  if (failed) host.wakes.failed(host.plan, wake.way());
  if (slept) host.wakes.slept();
  if (change.to == HostState::asleep) host.slept_boot = host.hello ? host.hello->boot : BootId{};
  if (woke || failed || slept) ask_wakes(host);
  if (!drills_.moved(host.plan.name, change.to)) return;
  if (woke) drill_ended(host, now_ - since, resumed);
  touch_all();  // the next one's turn
}

// One that was off, or was reset, is asked again, but not all the time.
void Director::drill_ended(Host& host, Duration took, bool resumed) {
  if (!resumed) {
    host.drill_not_before = now_ + pool_.settings.power.backoff_longest;
    return say_of(host, {.code = drill_failed, .clears_at = host.drill_not_before});
  }
  say_of(host, {.code = drill_passed,
                .values = {took.count()},
                .detail = way_name(host.plan, host.actor.last_wake().way())});
}

}  // namespace actors
