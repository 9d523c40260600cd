#include "actors/director/moves.h"

#include <utility>

#include "actors/pool/doubt.h"

namespace actors {

using enum ReasonCode;

namespace {

bool is_going(const VmActor& vm) {
  return vm.state() == VmState::departing || vm.state() == VmState::returning;
}

}  // namespace

bool Moves::use_policy() {
  policy_ = make_policy(pool_.settings.policy);
  return policy_ != nullptr;
}

void Moves::plan() {
  const auto& touched = stage_.agenda.hosts();
  const Scope scope{{touched.begin(), touched.end()}, stage_.agenda.any_server_changed()};
  stage_.agenda.planned();
  for (const Intent& intent : policy_->plan(stage_.now, pool_, scope))
    std::visit([this](const auto& known) { follow(known); }, intent);
}

void Moves::follow(const DistributeIntent& intent) {
  const VmActor& vm = pool_.vms.at(intent.vm).actor;
  const bool anew = vm.state() != VmState::departing;
  if (const auto spent = budget_.spent(stage_.now, pool_); anew && spent)
    return follow(SayIntent{vm.host(), *spent});
  if (anew) readiness_.demanded();
  vms_.tell(intent.vm, DistributeTo{intent.to, intent.why});
  if (pool_.settings.dry_run) only_say(intent.vm);
}

void Moves::follow(const CallOffIntent& intent) {
  vms_.tell(intent.vm, CallOff{intent.why});
}

void Moves::follow(const ReturnIntent& intent) {
  const Vm& vm = pool_.vms.at(intent.vm);
  if (vm.actor.state() != VmState::queued) return;
  if (const auto spent = budget_.spent(stage_.now, pool_))
    return vms_.tell(intent.vm, NotAdmitted{*spent});
  const Load need{pool_.average(intent.vm).value_or(Mcores{}), vm.max_memory};
  vms_.tell_desk(intent.to, Asked{intent.vm, need});
  if (pool_.settings.dry_run) only_say(intent.vm);
}

void Moves::follow(const NoRoomIntent& intent) {
  vms_.tell(intent.vm, NotAdmitted{intent.why});
}

// Tried again each turn, said once.
void Moves::follow(const SayIntent& intent) {
  Host& host = pool_.hosts.at(intent.host);
  const std::string name{text_of(intent.why.code).name};
  if (std::exchange(host.said, name) == name) return;
  stage_.say_of(host, intent.why);
}

void Moves::forget_said(Host& host) const {
  if (!pool_.overloaded(host)) host.said.reset();
}

void Moves::start_ready() {
  if (pool_.waiting().empty()) return;
  for (const VmState state : {VmState::departing, VmState::returning}) {
    const std::set<VmId> waiting = pool_.waiting();
    for (const VmId& vm : waiting) {
      const auto found = pool_.vms.find(vm);
      if (found == pool_.vms.end() || found->second.actor.state() != state) continue;
      if (ready(found->second.actor)) start_or_turn_away(vm);
    }
  }
}

bool Moves::ready(const VmActor& vm) const {
  const auto awake = [&](const HostId& id) {
    const Host* host = pool_.find(id);
    return host && host->actor.state() == HostState::awake;
  };
  return !vm.began() && awake(vm.host()) && awake(vm.target()) && surveys_.answered(vm.target());
}

// One that is turned away has a ticket, which goes back; it asks again, elsewhere.
void Moves::start_or_turn_away(const VmId& id) {
  const VmActor& vm = pool_.vms.at(id).actor;
  const HostId target = vm.target();
  const auto here = why_in_doubt(pool_, vm.host()), there = why_in_doubt(pool_, target);
  if (!here && !there && !pool_.obstacle(pool_.hosts.at(target), id)) return start(id);
  if (vm.state() != VmState::returning) return;
  if (here || there) vms_.tell(id, NotAdmitted{here ? *here : *there});
  vms_.tell_desk(target, Withdrawn{id});
}

void Moves::start(const VmId& id) {
  if (pool_.settings.dry_run) return only_say(id);
  const VmActor& vm = pool_.vms.at(id).actor;
  const HostId target = vm.target();
  if (vm.state() == VmState::returning) vms_.tell_desk(target, Starting{id});
  if (!is_going(vm)) return;
  budget_.begun(stage_.now, pool_.settings.flapping);
  migrations_.begin(id, target);
}

// Before a host is woken for it: a dry run touches nothing.
void Moves::only_say(const VmId& id) {
  const VmActor& vm = pool_.vms.at(id).actor;
  if (!is_going(vm)) return;
  const HostId target = vm.target();
  const Host* to = pool_.find(target);
  std::string way{name_of(pool_.settings.migration.mode)};
  if (to && to->actor.state() == HostState::asleep) way += ", once it is awake";
  if (vm.state() == VmState::returning) vms_.tell_desk(target, Starting{id});
  vms_.tell(id, Stayed{{.code = dry_run_only, .about = target.text, .detail = way}});
  vms_.tell_desk(target, Ended{id, false});
}

}  // namespace actors
