// What is told to whom: each event to an actor, what the actor says put on record, and who else has
// to hear of it.
#include <utility>

#include "actors/director/director.h"
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
  const bool heard = host.actor.heard_once();
  const reactor::Instant since = host.actor.since();
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
  recount_ = recount_ || outcome.change || heard != host.actor.heard_once();
  if (outcome.change || !outcome.effects.empty()) touch_use(host);
  for (const HostEffect& effect : outcome.effects)
    act(host, effect);
  if (outcome.change) power_changed(host, *outcome.change, since);
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
    out_.effects.emplace_back(effect::WakeHost{id, wake->way, wake->attempt});
  } else if (const auto* order = std::get_if<TellAgent>(&effect)) {
    give(host, order->kind);
  } else {
    out_.effects.emplace_back(effect::ReadPower{id});
  }
}

void Director::give(Host& host, ports::OrderKind kind) {
  const PowerSettings& power = pool_.settings.power;
  ports::Order order{
      kind, host.hello ? host.hello->boot : BootId{}, epoch_, power.order_ttl, host.suspend_order,
      {}};
  if (kind == ports::OrderKind::suspend) {
    INVARIANT(Pool::needed_by(host) == 0 && may_act());
    host.suspend_order.reset();
    order.of.reset();
    if (power.dead_man > Duration{}) order.wake_after = power.dead_man;
  }
  out_.effects.emplace_back(effect::GiveOrder{host.plan.name, std::move(order)});
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
