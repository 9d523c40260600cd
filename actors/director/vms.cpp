#include "actors/director/vms.h"

#include <utility>

#include "actors/pool/doubt.h"

namespace actors {

namespace {

// A sleeping warehouse has nothing on it; one that just woke must be measured first.
Measured measure(const Pool& pool, const Host& host) {
  const Settings& settings = pool.settings;
  const HostState state = host.actor.state();
  Measured out{.awake = state == HostState::awake,
               .usable = state != HostState::silent && state != HostState::faulty,
               .refuses = why_in_doubt(pool, host.plan.name)};
  const auto average = out.awake ? host.load.average(settings) : std::optional{Mcores{}};
  if (average && host.hello) out.used = Load{*average, host.use.memory};
  for (const VmId& vm : host.desk.newcomers()) {
    const HostLoad::Share share = host.load.share(vm, settings);
    out.newcomers.push_back({vm, share.cpu, share.full});
  }
  return out;
}

}  // namespace

void Vms::tell(const VmId& id, const VmEvent& event) {
  const auto found = pool_.vms.find(id);
  if (found == pool_.vms.end()) return;
  if (found->second.actor.state() == VmState::gone) return;  // its desk answers as it goes
  VmActor& vm = found->second.actor;
  const VmState from = vm.state();
  const HostId host = vm.host();
  const HostId desk = vm.state() == VmState::queued ? vm.desk() : vm.target();
  const Place place = found->second.place;
  const auto change = vm.on(stage_.now, pool_.settings, event);
  if (pool_.index(id)) moved(place, vm);
  if (change) put_on_record(id, vm, *change);
  if (vm.state() != from) left_state(id, event, from, desk);
  if (vm.host() != host || vm.state() == VmState::gone) changed_place(id, host);
  if (vm.state() == VmState::gone) pool_.forget(id);
}

void Vms::put_on_record(const VmId& id, const VmActor& vm, const VmChanged& change) {
  stage_.say({ActorKind::vm,
              id.text(),
              pool_.name_of_vm(id),
              std::string{name_of(change.from)},
              std::string{name_of(change.to)},
              change.reason,
              {},
              vm.host().text});
}

// Who has to do with it in its old place or in the new one; and again once it may move.
void Vms::moved(const Place& from, const VmActor& vm) {
  for (const HostId& host : {from.host, from.target, vm.host(), vm.target()})
    stage_.touch_use(host);
  if (vm.free_at() > stage_.now) look_when_free(vm);
}

void Vms::look_when_free(const VmActor& vm) {
  if (Host* host = pool_.find(vm.host())) stage_.agenda.touch_at(vm.free_at(), *host);
}

// A desk that does not know yet that the VM does not come is told; one that said so itself knows.
void Vms::left_state(const VmId& id, const VmEvent& event, VmState from, const HostId& desk) {
  const Vm& vm = pool_.vms.at(id);
  const VmState to = vm.actor.state();
  const auto distributing = [](VmState state) { return state == VmState::departing; };
  if (distributing(from) != distributing(to))
    if (Host* host = pool_.find(vm.actor.host()); host != nullptr) restart_window(*host);
  const bool waited = (from == VmState::queued && to != VmState::returning) ||
                      (from == VmState::returning && !std::holds_alternative<CameTo>(event));
  const bool desk_knows = std::holds_alternative<NotAdmitted>(event);
  if (waited && !desk_knows && !desk.text.empty()) tell_desk(desk, Withdrawn{id});
}

// One overload is not answered twice: the warehouse it left is measured anew; and a promise there
// ends.
void Vms::changed_place(const VmId& vm, const HostId& from) {
  Host* left = pool_.find(from);
  if (!left || left->plan.role != Role::warehouse) return;
  restart_window(*left);
  tell_desk(from, Withdrawn{vm});
}

void Vms::restart_window(Host& host) {
  host.load.restart();
  stage_.touch(host);
}

void Vms::tell_desk(const HostId& id, const DeskEvent& event) {
  Host* host = pool_.find(id);
  if (!host || host->plan.role != Role::warehouse) return;
  stage_.touch(*host);
  tell_desk(*host, event);
}

void Vms::tell_desk(Host& host, const DeskEvent& event) {
  for (const RequestChanged& change : host.desk.on(stage_.now, pool_.desk_limits(host), event)) {
    stage_.touch(host);
    answer(host.plan.name, change);
  }
}

// What the VM's own line tells is not said twice.
void Vms::answer(const HostId& desk, const RequestChanged& change) {
  switch (change.to) {
    case RequestState::granted: return tell(change.vm, Granted{desk, change.reason});
    case RequestState::queued: return tell(change.vm, Queued{desk, change.reason});
    case RequestState::closed:
      if (change.from != RequestState::settling && change.from != RequestState::moving)
        return tell(change.vm, NotAdmitted{change.reason});
      break;
    case RequestState::asked:
    case RequestState::moving:
    case RequestState::settling: break;
  }
  stage_.say({ActorKind::desk, desk.text, pool_.name_of_vm(change.vm),
              std::string{name_of(change.from)}, std::string{name_of(change.to)}, change.reason,
              change.vm.text(), desk.text});
}

void Vms::tick() {
  std::set<VmId> timed = pool_.in_state(VmState::holding);
  timed.insert(pool_.flapping().begin(), pool_.flapping().end());
  for (const VmId& vm : timed)
    tell(vm, reactor::Tick{});
}

// One that is touched by another's desk on the way has its turn too, if its name comes later.
void Vms::measure_desks() {
  stage_.agenda.begin_looks();
  for (Host* host : stage_.agenda.hosts())
    if (host->plan.role == Role::warehouse) tell_desk(*host, measure(pool_, *host));
}

}  // namespace actors
