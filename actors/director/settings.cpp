// conf.yaml was read again: hosts that are new, hosts that go, and what waits there.
#include <algorithm>
#include <utility>

#include "actors/director/director.h"

namespace actors {

using enum ReasonCode;

void Director::take(const input::NewSettings& event) {
  close_desks(event.settings);
  pool_.settings = event.settings;
  policy_ = make_policy(event.settings.policy);
  ensure_hosts();
  drop_unplanned();
  touch_all();
  recount_ = true;
  say_pool("running", "running", {.code = settings_read, .detail = event.difference});
  for (const auto& [id, host] : pool_.hosts) {
    const std::set<VmId> residents = pool_.residents(id);
    for (const VmId& vm : residents)
      refresh_facts(vm);
  }
}

// Who waits at the desk of a warehouse that goes asks elsewhere.
void Director::close_desks(const Settings& next) {
  for (const auto& [id, host] : pool_.hosts) {
    const bool stays = std::ranges::any_of(next.hosts, [&desk = id](const HostPlan& plan) {
      return plan.name == desk && plan.role == Role::warehouse;
    });
    const std::set<VmId> waiting = stays ? std::set<VmId>{} : pool_.in_state(VmState::queued);
    for (const VmId& vm : waiting)
      if (pool_.vms.at(vm).actor.desk() == id) tell_desk(id, Withdrawn{vm});
  }
}

void Director::ensure_hosts() {
  for (const HostPlan& plan : pool_.settings.hosts) {
    const auto [entry, added] = pool_.hosts.try_emplace(plan.name);
    entry->second.plan = plan;
    if (never_sleeps(plan, pool_.settings.power)) entry->second.plan.may_sleep = false;
    if (!added) continue;
    entry->second.desk = AdmissionDesk{plan.name};
    if (blind_) continue;
    ask_hello(entry->second);
    ask_wakes(entry->second);
  }
  pool_.order_hosts();
}

// A host that conf.yaml names no more is forgotten once nothing of ours is on it; till then it
// stays awake, and no policy sees it.
void Director::drop_unplanned() {
  std::set<HostId> planned;
  for (const HostPlan& plan : pool_.settings.hosts)
    planned.insert(plan.name);
  for (auto& [id, host] : pool_.hosts) {
    if (planned.contains(id)) continue;
    host.plan.may_sleep = false;
    agenda_.touch(host);
    if (Pool::needed_by(host) == 0 && std::exchange(host.link_open, false))
      out_.effects.emplace_back(effect::CloseLink{id});
  }
  for (auto next = pool_.hosts.begin(); next != pool_.hosts.end();) {
    const auto entry = next++;
    if (planned.contains(entry->first) || Pool::needed_by(entry->second) > 0) continue;
    agenda_.forget(entry->second);
    alerts_.dropped(entry->first);
    drills_.forget(entry->first);
    pool_.hosts.erase(entry);
    recount_ = true;
  }
  pool_.order_hosts();
}

}  // namespace actors
