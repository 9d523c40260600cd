// conf.yaml was read again: hosts that are new, hosts that go, and what waits there.
#include <algorithm>
#include <utility>

#include "actors/director/director.h"

namespace actors {

using enum ReasonCode;

void Director::take(const input::NewSettings& event) {
  close_desks(event.settings);
  stage_.pool.settings = event.settings;
  moves_.use_policy();
  ensure_hosts();
  drop_unplanned();
  stage_.touch_all();
  guard_.hosts_changed();
  stage_.say_pool("running", "running", {.code = settings_read, .detail = event.difference});
  for (const auto& [id, host] : stage_.pool.hosts)
    surveys_.judge_residents(id);
}

// Who waits at the desk of a warehouse that goes asks elsewhere.
void Director::close_desks(const Settings& next) {
  const Pool& pool = stage_.pool;
  for (const auto& [id, host] : pool.hosts) {
    const bool stays = std::ranges::any_of(next.hosts, [&desk = id](const HostPlan& plan) {
      return plan.name == desk && plan.role == Role::warehouse;
    });
    const std::set<VmId> waiting = stays ? std::set<VmId>{} : pool.in_state(VmState::queued);
    for (const VmId& vm : waiting)
      if (pool.vms.at(vm).actor.desk() == id) vms_.tell_desk(id, Withdrawn{vm});
  }
}

void Director::ensure_hosts() {
  Pool& pool = stage_.pool;
  for (const HostPlan& plan : pool.settings.hosts) {
    const auto [entry, added] = pool.hosts.try_emplace(plan.name);
    Host& host = entry->second;
    host.plan = plan;
    if (never_sleeps(plan, pool.settings.power)) host.plan.may_sleep = false;
    if (!added) continue;
    host.desk = AdmissionDesk{plan.name};
    if (!blind()) meet(host);
  }
  pool.order_hosts();
}

// A host that conf.yaml names no more is forgotten once nothing of ours is on it; till then it
// stays awake, and no policy sees it.
void Director::drop_unplanned() {
  Pool& pool = stage_.pool;
  std::set<HostId> planned;
  for (const HostPlan& plan : pool.settings.hosts)
    planned.insert(plan.name);
  for (auto& [id, host] : pool.hosts) {
    if (planned.contains(id)) continue;
    host.plan.may_sleep = false;
    stage_.touch(host);
    if (Pool::needed_by(host) == 0) links_.close(host);
  }
  for (auto next = pool.hosts.begin(); next != pool.hosts.end();) {
    const auto entry = next++;
    if (planned.contains(entry->first) || Pool::needed_by(entry->second) > 0) continue;
    forget(entry->second);
    pool.hosts.erase(entry);
  }
  pool.order_hosts();
}

// Before it goes.
void Director::forget(Host& host) {
  stage_.agenda.forget(host);
  alerts_.dropped(host.plan.name);
  readiness_.forget(host.plan.name);
  guard_.hosts_changed();
}

}  // namespace actors
