#include "actors/director/readiness.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "actors/pool/doubt.h"

namespace actors {

using enum ReasonCode;

namespace {

/// Those that are awake first, so that none is woken while another goes to sleep.
std::optional<int> reserve_rank(const Host& host) {
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

/// p95; a pool without any wakes yet takes what one way may take.
Duration longest_wake(const Pool& pool) {
  Duration longest{};
  for (const Host* host : pool.in_order(Role::server))
    longest = std::max(longest, host->wakes.percentile(95).value_or(Duration{}));
  return longest > Duration{} ? longest : pool.settings.power.wake_each;
}

}  // namespace

void Readiness::take(const input::WakesRead& event) {
  Host* host = pool_.find(event.host);
  if (!host || host->wakes_read || event.failure) return;
  host->wakes_read = true;
  if (event.wakes) host->wakes = *event.wakes;
  stage_.touch(*host);
}

// Read once; from then on what is known here is the newest, and Redis may have lost it.
void Readiness::sync_wakes(const Host& host) {
  const HostId& id = host.plan.name;
  if (!host.wakes_read) {
    stage_.ask(effect::ReadWakes{id});
  } else if (host.wakes.tried() > 0 || host.wakes.sleeps() > 0) {
    stage_.ask(effect::KeepWakes{id, host.wakes});
  }
}

void Readiness::take(const input::DrillAsked& event) {
  for (const HostId& id : event.hosts)
    if (Host* host = pool_.find(id)) ask_drill(*host);
}

void Readiness::ask_drill(Host& host) {
  if (const std::string why = why_no_drill(host); !why.empty())
    return stage_.say_of(host, {.code = drill_impossible, .detail = why});
  drills_.ask(host.plan.name);
  stage_.touch(host);
}

std::string Readiness::why_no_drill(const Host& host) const {
  if (pool_.settings.dry_run) return "this is a dry run";
  if (!guard_.may_act())
    return "nothing is put to sleep while the pool is " + std::string{name_of(guard_.state())};
  if (!host.plan.may_sleep) return "it is never put to sleep (may_sleep, power.never_sleep)";
  if (const auto doubt = why_in_doubt(pool_, host.plan.name)) return to_text(*doubt);
  if (const auto vms = Pool::needed_by(host); vms > 0)
    return std::to_string(vms) + " VMs are there, or on their way";
  const HostState state = host.actor.state();
  if (state == HostState::silent || state == HostState::faulty)
    return "it is " + std::string{name_of(state)};
  return {};
}

// What it may do by itself; whether somebody needs it is counted by the caller.
Needed Readiness::needs_of(Host& host) {
  const bool act = guard_.may_act() && !pool_.settings.dry_run;
  const bool known = act && host.known && weighed(host);
  const bool asleep = host.actor.state() == HostState::asleep;
  if (known || (act && asleep)) drills_.consider(stage_.now, host, pool_.settings);
  const bool drill = drills_.runs(host.plan.name);
  return {.vms = Pool::needed_by(host),
          .may_suspend = known && drills_.may_sleep(stage_.now, host, pool_.settings.power),
          .stranger = !host.hello && !guard_.why_blind() && !pool_.settings.dry_run,
          .drill = drill,
          .reserve = host.reserve && !drill};
}

// One that has only just come up may be wanted for the reserve, which is chosen in the next turn.
bool Readiness::weighed(const Host& host) const {
  const auto& reserve = pool_.settings.power.reserve;
  return (reserve && *reserve == 0) || host.actor.since() < stage_.now;
}

void Readiness::choose_reserve() {
  const PowerSettings& power = pool_.settings.power;
  const std::int64_t wanted =
      power.reserve ? *power.reserve : reserve_.wanted(stage_.now, longest_wake(pool_), power);
  if (wanted == 0 && !reserved_) return;
  reserved_ = wanted > 0;
  const std::set<HostId> chosen = best_empty(wanted);
  for (auto& [id, host] : pool_.hosts)
    if (std::exchange(host.reserve, chosen.contains(id)) != chosen.contains(id)) stage_.touch(host);
}

std::set<HostId> Readiness::best_empty(std::int64_t most) const {
  const bool rotate = pool_.settings.power.rotate;
  std::vector<std::pair<std::tuple<int, std::int64_t, std::int64_t, std::size_t>, HostId>> ranked;
  for (const Host* host : pool_.in_order(Role::server))
    if (const auto place = reserve_rank(*host); place && host->order)
      ranked.push_back(
          {{*place, host->wakes.grade(), rotate ? -host->wakes.sleeps() : 0, *host->order},
           host->plan.name});
  std::ranges::sort(ranked);
  if (std::ssize(ranked) > most) ranked.resize(static_cast<std::size_t>(most));
  std::set<HostId> out;
  for (const auto& [rank, id] : ranked)
    out.insert(id);
  return out;
}

// Its record, and whether a drill is over with this.
void Readiness::changed(Host& host, const HostChanged& change, reactor::Instant since) {
  const Waking& wake = host.actor.last_wake();
  const Duration took = stage_.now - since;
  const bool woke = change.from == HostState::waking && change.to == HostState::awake;
  const bool failed = change.from == HostState::waking && change.to == HostState::faulty;
  const bool slept = change.from == HostState::suspending && change.to == HostState::asleep;
  const bool resumed = woke && host.hello && host.hello->boot == host.slept_boot;
  if (woke)
    host.wakes.woke(stage_.now, host.plan, wake.way(), took, stage_.now - wake.turn_since(),
                    resumed);
  if (failed) host.wakes.failed(host.plan, wake.way());
  if (slept) host.wakes.slept();
  if (change.to == HostState::asleep) host.slept_boot = host.hello ? host.hello->boot : BootId{};
  if (woke || failed || slept) sync_wakes(host);
  if (!drills_.moved(host.plan.name, change.to)) return;
  if (woke) drill_ended(host, took, resumed);
  stage_.touch_all();  // the next one's turn
}

// One that was off, or was reset, is asked again, but not all the time.
void Readiness::drill_ended(Host& host, Duration took, bool resumed) {
  if (!resumed) {
    host.drill_not_before = stage_.now + pool_.settings.power.backoff_longest;
    return stage_.say_of(host, {.code = drill_failed, .clears_at = host.drill_not_before});
  }
  stage_.say_of(host, {.code = drill_passed,
                       .values = {took.count()},
                       .detail = way_name(host.plan, host.actor.last_wake().way())});
}

}  // namespace actors
