#include "actors/director/alerts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "actors/host/host_actor.h"
#include "actors/ports/json_text.h"
#include "actors/vm/vm_actor.h"

namespace actors {

using enum ReasonCode;
using reactor::Instant;

std::vector<Alert> Alerts::on(Instant now, const AlertSettings& settings,
                              const std::vector<Change>& changes) {
  for (const Change& change : changes)
    take(now, settings, change);
  std::vector<Alert> out;
  for (Open& one : open_) {
    const Alert& alert = one.alert;
    const bool old = alert.kind == AlertKind::lost && now - alert.since >= settings.lost_for;
    if (old) clear(alert.kind, alert.id, {.code = told_long_enough, .values = {alert.times}});
    if (take_step(now, settings, one)) out.push_back(alert);
  }
  std::erase_if(open_, [](const Open& one) { return one.over; });
  return out;
}

// The end of one that nobody was told of is nobody's news.
bool Alerts::take_step(Instant now, const AlertSettings& settings, Open& one) {
  Alert& alert = one.alert;
  const bool first = alert.times == 0;
  if (one.over) {
    alert.step = AlertStep::cleared;
    return !first;
  }
  if (now < one.next) return false;
  one.next = now + settings.every;
  alert.step = first ? AlertStep::raised : AlertStep::repeated;
  ++alert.times;
  return true;
}

void Alerts::dropped(const HostId& host) {
  clear(AlertKind::faulty, host.text, {.code = no_longer_named});
}

void Alerts::take(Instant now, const AlertSettings& settings, const Change& change) {
  if (change.kind == ActorKind::vm) take_vm(now, change);
  if (change.kind == ActorKind::migration) take_migration(now, change);
  if (change.kind == ActorKind::host) take_host(now, change);
  if (change.kind == ActorKind::pool) take_pool(now, settings, change);
}

void Alerts::take_vm(Instant now, const Change& change) {
  const auto stranded = name_of(VmState::stranded);
  const bool is_gone = change.to == name_of(VmState::gone);
  const ReasonCode code = change.reason.code;
  if (change.to == stranded) {
    raise(AlertKind::stranded, change, now, now);
  } else if (change.from == stranded) {
    clear(AlertKind::stranded, change.id, change.reason);
  }
  if (is_gone && code == lost) raise(AlertKind::lost, change, now, now);
  if (!is_gone) clear(AlertKind::lost, change.id, change.reason);
  if (code == ping_pong) raise(AlertKind::ping_pong, change, now, now);
  if (is_gone || code == ping_pong_over) clear(AlertKind::ping_pong, change.id, change.reason);
}

// People have to do something about a stranded VM, and the reason says what: told at once.
void Alerts::take_migration(Instant now, const Change& change) {
  const ReasonCode code = change.reason.code;
  constexpr std::array kForPeople{needs_operator, resume_stuck, half_open, waits_for_nothing,
                                  runs_twice};
  if (std::ranges::count(kForPeople, code) == 0) return;
  for (Open& one : open_) {
    if (one.alert.kind != AlertKind::stranded || one.alert.id != change.vm || one.over) continue;
    one.alert.reason = change.reason;
    one.next = now;
  }
}

// A faulty host that may be tried again (`asleep`, `waking`, `silent`) has not shown anything yet.
void Alerts::take_host(Instant now, const Change& change) {
  if (change.from == change.to) return;
  const auto faulty = name_of(HostState::faulty);
  const bool slept = change.to == name_of(HostState::asleep) && change.from != faulty;
  if (change.to == faulty) raise(AlertKind::faulty, change, now, now);
  if (change.to == name_of(HostState::awake) || slept)
    clear(AlertKind::faulty, change.id, change.reason);
}

// That alert.command fails is said in the state the pool is in, and is not why it is.
void Alerts::take_pool(Instant now, const AlertSettings& settings, const Change& change) {
  const ReasonCode code = change.reason.code;
  if (code == alert_failed || code == alert_works) return;
  if (change.to == name_of(PoolState::blind) || change.to == name_of(PoolState::held))
    raise(AlertKind::held, change, now, now + settings.held_after);
  if (change.to == name_of(PoolState::leading)) clear(AlertKind::held, change.id, change.reason);
}

// Of one that is known already the newest reason is kept, for when it is repeated.
void Alerts::raise(AlertKind kind, const Change& change, Instant now, Instant first) {
  const auto same = [&](const Open& one) {
    return one.alert.kind == kind && one.alert.id == change.id && !one.over;
  };
  auto found = std::ranges::find_if(open_, same);
  if (found == open_.end()) {
    Alert alert{.kind = kind, .actor = change.kind, .id = change.id, .since = now};
    found = open_.insert(found, Open{std::move(alert), first});
  }
  found->alert.name = change.name;
  found->alert.host = change.kind == ActorKind::vm ? change.host : std::string{};
  found->alert.reason = change.reason;
}

void Alerts::clear(AlertKind kind, const std::string& id, const Reason& why) {
  for (Open& one : open_) {
    if (one.alert.kind != kind || one.alert.id != id || one.over) continue;
    one.over = true;
    one.alert.reason = why;
  }
}

std::string alert_line(const Alert& alert, const std::string& pool, Duration since, Duration wall) {
  std::string out;
  Writer line{out};
  line("alert", alert.kind)("step", alert.step)("times", alert.times)("pool", pool);
  line("since_ms", since)("wall_ms", wall);
  line("actor", alert.actor)("id", alert.id)("name", alert.name)("host", alert.host);
  line("text", to_text(alert.reason))("reason", alert.reason);
  line.end();
  return out;
}

}  // namespace actors
