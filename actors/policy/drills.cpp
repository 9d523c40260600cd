#include "actors/policy/drills.h"

namespace actors {

namespace {

bool due(reactor::Instant now, const Host& host, const PowerSettings& settings) {
  return settings.proof == Proof::required && host.plan.may_sleep && host.wakes_read &&
         !host.wakes.proven(now, settings) && now >= host.drill_not_before;
}

}  // namespace

void Drills::ask(const HostId& host) {
  if (!asked(host)) asked_.push_back(host);
}

void Drills::consider(reactor::Instant now, const Host& host, const Settings& settings) {
  if (running_ || Pool::needed_by(host) > 0) return;
  const bool is_asked = asked(host.plan.name);
  if (!is_asked && !due(now, host, settings.power)) return;
  const bool sleeps = is_asked && host.actor.state() == HostState::asleep;
  if (sleeps || host.actor.idle(now, host.plan, settings.power)) running_ = host.plan.name;
}

bool Drills::may_sleep(reactor::Instant now, const Host& host,
                       const PowerSettings& settings) const {
  return settings.proof == Proof::off || host.wakes.proven(now, settings) || runs(host.plan.name);
}

bool Drills::moved(const HostId& host, HostState to) {
  const bool under_way = to == HostState::suspending || to == HostState::asleep;
  if (!runs(host) || under_way || to == HostState::waking) return false;
  forget(host);
  return true;
}

std::vector<HostId> Drills::empty_hosts(const Pool& pool) {
  std::vector<HostId> out;
  for (const HostPlan& plan : pool.settings.hosts) {
    const auto host = pool.hosts.find(plan.name);
    if (host == pool.hosts.end() || !host->second.plan.may_sleep) continue;
    if (Pool::needed_by(host->second) == 0) out.push_back(plan.name);
  }
  return out;
}

void Drills::forget(const HostId& host) {
  std::erase(asked_, host);
  if (runs(host)) running_.reset();
}

}  // namespace actors
