// What is told to whom: each event to an actor, what the actor says put on record, and who else has
// to hear of it.
#include <utility>

#include "actors/director.h"
#include "reactor/invariant.h"

namespace actors {

using enum ReasonCode;

void Director::tell(const VmId& id, const VmEvent& event) {
  const auto found = pool_.vms.find(id);
  if (found == pool_.vms.end()) return;
  if (found->second.actor.state() == VmState::gone) return;  // its desk answers as it goes
  VmActor& vm = found->second.actor;
  const VmState from = vm.state();
  const HostId host = vm.host();
  const HostId desk = vm.state() == VmState::queued ? vm.desk() : vm.target();
  const Place place = found->second.place;
  const auto change = vm.on(now_, pool_.settings, event);
  if (pool_.index(id)) moved(place, vm);
  if (change)
    say({ActorKind::vm,
         id.text(),
         pool_.name_of_vm(id),
         std::string{name_of(change->from)},
         std::string{name_of(change->to)},
         change->reason,
         {},
         vm.host().text});
  if (vm.state() != from) left_state(id, event, from, desk);
  if (vm.host() != host || vm.state() == VmState::gone) changed_place(id, host);
  if (vm.state() == VmState::gone) pool_.forget(id);
}

// Who has to do with it in its old place or in the new one; and again once it may move.
void Director::moved(const Place& from, const VmActor& vm) {
  for (const HostId& host : {from.host, from.target, vm.host(), vm.target()})
    touch_use(host);
  if (vm.free_at() > now_) look_when_free(vm);
}

void Director::look_when_free(const VmActor& vm) {
  if (Host* host = find_host(vm.host())) agenda_.touch_at(vm.free_at(), *host);
}

// A desk that does not know yet that the VM does not come is told; one that said so itself knows.
void Director::left_state(const VmId& id, const VmEvent& event, VmState from, const HostId& desk) {
  const Vm& vm = pool_.vms.at(id);
  const VmState to = vm.actor.state();
  const auto distributing = [](VmState state) { return state == VmState::departing; };
  if (distributing(from) != distributing(to))
    if (Host* host = find_host(vm.actor.host()); host != nullptr) restart_window(*host);
  const bool waited = (from == VmState::queued && to != VmState::returning) ||
                      (from == VmState::returning && !std::holds_alternative<CameTo>(event));
  const bool desk_knows = std::holds_alternative<NotAdmitted>(event);
  if (waited && !desk_knows && !desk.text.empty()) tell_desk(desk, Withdrawn{id});
}

// One overload is not answered twice: the warehouse it left is measured anew; and a promise there
// ends.
void Director::changed_place(const VmId& vm, const HostId& from) {
  Host* left = find_host(from);
  if (!left || left->plan.role != Role::warehouse) return;
  restart_window(*left);
  tell_desk(from, Withdrawn{vm});
}

void Director::restart_window(Host& host) {
  host.load.restart();
  agenda_.touch(host);
}

void Director::tell(Host& host, const HostEvent& event) {
  HostOutcome outcome = host.actor.on(now_, host.plan, pool_.settings.power, event);
  const std::string& id = host.plan.name.text;
  if (outcome.change)
    say({ActorKind::host,
         id,
         id,
         std::string{name_of(outcome.change->from)},
         std::string{name_of(outcome.change->to)},
         outcome.change->reason,
         {},
         {}});
  if (outcome.change || !outcome.effects.empty()) touch_use(host);
  for (const HostEffect& effect : outcome.effects)
    act(host, effect);
  if (outcome.change && outcome.change->reason.code == suspend_in_use) list_again(host);
}

// Its agent sees a domain that we do not: a new link brings the whole list.
void Director::list_again(Host& host) {
  if (!host.link_open || !host.hello) return;
  host.linked = host.known = false;
  out_.effects.emplace_back(effect::CloseLink{host.plan.name});
  out_.effects.emplace_back(effect::OpenLink{host.plan.name, libvirt_uri_of(host)});
}

void Director::act(Host& host, const HostEffect& effect) {
  const HostId& id = host.plan.name;
  if (const auto* wake = std::get_if<Wake>(&effect)) {
    out_.effects.emplace_back(effect::WakeHost{id, wake->attempt});
  } else if (const auto* order = std::get_if<TellAgent>(&effect)) {
    const bool suspend = order->kind == ports::OrderKind::suspend;
    INVARIANT(!suspend || (Pool::needed_by(host) == 0 && !blind_));
    const BootId boot = host.hello ? host.hello->boot : BootId{};
    out_.effects.emplace_back(
        effect::GiveOrder{id,
                          {order->kind, boot, epoch_, pool_.settings.power.order_ttl,
                           suspend ? std::nullopt : host.suspend_order}});
    if (suspend) host.suspend_order.reset();
  } else {
    out_.effects.emplace_back(effect::ReadPower{id});
  }
}

void Director::tell(const MigrationId& id, const MigrationEvent& event) {
  const auto found = pool_.migrations.find(id);
  if (found == pool_.migrations.end()) return;
  Migration& migration = found->second;
  const MigrationPlan plan = migration.plan();
  MigrationOutcome outcome = migration.on(now_, pool_.settings.migration, event);
  for (const PhaseChanged& change : outcome.changes)
    say({ActorKind::migration, id.text, pool_.name_of_vm(plan.vm),
         std::string{name_of(change.from)}, std::string{name_of(change.to)}, change.reason,
         plan.vm.text(), plan.source.text});
  for (const MigrationEffect effect : outcome.effects)
    act(plan, effect);
  if (!outcome.changes.empty()) conclude(id);
}

void Director::act(const MigrationPlan& plan, MigrationEffect effect) {
  auto& out = out_.effects;
  switch (effect) {
    case MigrationEffect::keep_definition:
      out.emplace_back(effect::KeepDefinition{plan.id, plan.source, plan.vm});
      return;
    case MigrationEffect::call: out.emplace_back(effect::Migrate{plan.id, call_of(plan)}); return;
    case MigrationEffect::look_at_source:
      out.emplace_back(effect::LookAt{plan.source, plan.vm});
      return;
    case MigrationEffect::look_at_target:
      out.emplace_back(effect::LookAt{plan.target, plan.vm});
      return;
    case MigrationEffect::abort:
      if (pool_.settings.dry_run) return;
      out.emplace_back(effect::AbortMigration{plan.id, plan.source, plan.vm});
      return;
  }
}

ports::MigrateCall Director::call_of(const MigrationPlan& plan) const {
  const Host& target = pool_.hosts.at(plan.target);
  const auto& hello = target.hello;
  const MigrationSettings& settings = pool_.settings.migration;
  return {.vm = plan.vm,
          .source = plan.source,
          .target = plan.target,
          .mode = plan.mode,
          .bandwidth_mib_s = settings.bandwidth_mib_s,
          .postcopy_bandwidth_mib_s = settings.postcopy_bandwidth_mib_s,
          .target_uri = libvirt_uri_of(target),
          .migration_address = hello ? hello->migration_address : std::string{}};
}

// Both ends are needed by it till it is over.
void Director::follow(Migration migration) {
  touch_use(migration.plan().source);
  touch_use(migration.plan().target);
  pool_.add(std::move(migration));
}

// The VM is told first: what its desk is told then finds it where it is.
void Director::conclude(const MigrationId& id) {
  const Migration migration = pool_.migrations.at(id);
  const MigrationPlan& plan = migration.plan();
  if (migration.phase() == Phase::stranded) return tell(plan.vm, Broke{migration.reason()});
  if (!migration.over()) return;
  pool_.end(id);
  touch_use(plan.source);
  touch_use(plan.target);
  const bool arrived = migration.phase() == Phase::complete;
  Host* target = find_host(plan.target);
  if (arrived) {
    const Role role = target ? target->plan.role : Role::server;
    if (target) target->load.restart(plan.vm);  // touched by what follows
    tell(plan.vm, CameTo{plan.target, role, migration.arrival()});
  } else if (migration.phase() == Phase::stayed) {
    tell(plan.vm, Stayed{migration.reason()});
  } else {
    tell(plan.vm, Vanished{migration.reason()});
    for (const HostId& end : {plan.source, plan.target})  // something may be left of it
      if (Host* host = find_host(end)) host->passing[plan.vm] = ports::DomainState::absent;
  }
  if (target) tell_desk(plan.target, Ended{plan.vm, arrived});
  if (migration.phase() != Phase::lost) out_.effects.emplace_back(effect::DropDefinition{plan.vm});
}

void Director::tell_desk(const HostId& id, const DeskEvent& event) {
  Host* host = find_host(id);
  if (!host || host->plan.role != Role::warehouse) return;
  agenda_.touch(*host);
  tell_desk(*host, event);
}

void Director::tell_desk(Host& host, const DeskEvent& event) {
  for (const RequestChanged& change : host.desk.on(now_, pool_.desk_limits(host), event)) {
    agenda_.touch(host);
    answer(host.plan.name, change);
  }
}

// What the VM's own line tells is not said twice.
void Director::answer(const HostId& desk, const RequestChanged& change) {
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
  say({ActorKind::desk, desk.text, pool_.name_of_vm(change.vm), std::string{name_of(change.from)},
       std::string{name_of(change.to)}, change.reason, change.vm.text(), desk.text});
}

// What is worth a line though it stays in its state.
void Director::say_of(const Host& host, Reason reason) {
  const std::string& id = host.plan.name.text;
  const std::string state{name_of(host.actor.state())};
  say({ActorKind::host, id, id, state, state, std::move(reason), {}, {}});
}

void Director::say_pool(std::string from, std::string to, Reason reason) {
  const std::string& id = pool_.settings.pool;
  say({ActorKind::pool, id, id, std::move(from), std::move(to), std::move(reason), {}, {}});
}

}  // namespace actors
