#include "actors/director.h"

#include <algorithm>
#include <utility>

#include "actors/ports/json.h"
#include "reactor/invariant.h"

namespace actors {

using enum ReasonCode;
using reactor::Instant;

Director::Director(Settings settings) : policy_(make_policy(settings.policy)) {
  INVARIANT(policy_ != nullptr);
  pool_.settings = std::move(settings);
  ensure_hosts();
}

Turn Director::turn(Instant now, const std::vector<Input>& inputs) {
  now_ = now;
  ticked_ = false;
  out_ = {};
  for (const Input& input : inputs)
    std::visit([this](const auto& known) { take(known); }, input);
  settle();
  check();
  return std::exchange(out_, {});
}

// Hosts last: a VM that has found its target by now keeps it from being put to sleep.
void Director::settle() {
  if (ticked_) tick_all();
  feed_desks();
  if (!blind_) follow(policy_->plan(now_, pool_));
  if (!blind_) start_ready();
  if (pool_.hosts.size() > pool_.settings.hosts.size()) drop_unplanned();
  feed_hosts();
}

void Director::tick_all() {
  std::vector<MigrationId> moving;
  for (const auto& [id, migration] : pool_.migrations)
    moving.push_back(id);
  for (const MigrationId& id : moving)
    tell(id, reactor::Tick{});
  const std::set<VmId> holding = pool_.in_state(VmState::holding);
  for (const VmId& vm : holding)
    tell(vm, reactor::Tick{});
}

void Director::feed_desks() {
  for (auto& [id, host] : pool_.hosts)
    if (host.plan.role == Role::warehouse) tell_desk(id, measure(host));
}

// A sleeping warehouse has nothing on it; one that just woke must be measured first.
Measured Director::measure(const Host& host) const {
  const HostState state = host.actor.state();
  Measured out{.awake = state == HostState::awake,
               .usable = state != HostState::silent && state != HostState::faulty};
  const auto average = out.awake ? host.load.average(pool_.settings) : std::optional{Mcores{}};
  if (average && host.hello) out.used = Load{*average, pool_.booked_memory(host.plan.name)};
  for (const VmId& vm : host.desk.newcomers()) {
    const HostLoad::Share share = host.load.share(vm, pool_.settings);
    out.newcomers.push_back({vm, share.cpu, share.full});
  }
  return out;
}

void Director::follow(const std::vector<Intent>& intents) {
  for (const Intent& intent : intents)
    std::visit([this](const auto& known) { follow_one(known); }, intent);
}

void Director::follow_one(const DistributeIntent& intent) {
  tell(intent.vm, DistributeTo{intent.to, intent.why});
  if (pool_.settings.dry_run) only_say(intent.vm);
}

void Director::follow_one(const CallOffIntent& intent) {
  tell(intent.vm, CallOff{intent.why});
}

void Director::follow_one(const ReturnIntent& intent) {
  if (pool_.vms.at(intent.vm).actor.state() != VmState::queued) return;
  const Load need{pool_.average(intent.vm).value_or(Mcores{}), pool_.vms.at(intent.vm).max_memory};
  tell_desk(intent.to, Asked{intent.vm, need});
  if (pool_.settings.dry_run) only_say(intent.vm);
}

void Director::follow_one(const NoRoomIntent& intent) {
  tell(intent.vm, NotAdmitted{intent.why});
}

// Tried again each turn, said once.
void Director::follow_one(const SayIntent& intent) {
  Host& host = pool_.hosts.at(intent.host);
  const std::string name{text_of(intent.why.code).name};
  if (std::exchange(host.said, name) == name) return;
  say_of(host, intent.why);
}

void Director::start_ready() {
  for (const VmState state : {VmState::departing, VmState::returning}) {
    const std::set<VmId> waiting = pool_.in_state(state);
    for (const VmId& vm : waiting)
      if (ready(pool_.vms.at(vm).actor)) start(vm);
  }
}

bool Director::ready(const VmActor& vm) const {
  const auto awake = [&](const HostId& host) {
    const auto found = pool_.hosts.find(host);
    return found != pool_.hosts.end() && found->second.actor.state() == HostState::awake;
  };
  return !vm.began() && awake(vm.host()) && awake(vm.target());
}

void Director::start(const VmId& id) {
  if (pool_.settings.dry_run) return only_say(id);
  const VmActor& vm = pool_.vms.at(id).actor;
  const HostId target = vm.target();
  if (vm.state() == VmState::returning) tell_desk(target, Starting{id});
  if (vm.state() != VmState::departing && vm.state() != VmState::returning) return;
  MigrationPlan plan{.id = next_migration(),
                     .vm = id,
                     .source = vm.host(),
                     .target = target,
                     .mode = pool_.settings.migration.mode,
                     .memory = pool_.vms.at(id).max_memory};
  INVARIANT(pool_.migration_of(id) == nullptr);
  const MigrationId migration = plan.id;
  pool_.migrations.emplace(migration, Migration{std::move(plan)});
  tell(id, MigrationBegan{});
  tell(migration, Begin{});
}

// Before a host is woken for it: a dry run touches nothing.
void Director::only_say(const VmId& id) {
  const VmActor& vm = pool_.vms.at(id).actor;
  if (vm.state() != VmState::departing && vm.state() != VmState::returning) return;
  const HostId target = vm.target();
  const Host* to = find_host(target);
  std::string way{name_of(pool_.settings.migration.mode)};
  if (to && to->actor.state() == HostState::asleep) way += ", once it is awake";
  if (vm.state() == VmState::returning) tell_desk(target, Starting{id});
  tell(id, Stayed{{.code = dry_run_only, .about = target.text, .detail = way}});
  tell_desk(target, Ended{id, false});
}

// Said once for each time that it is empty.
void Director::only_say_idle(Host& host) {
  auto why = host.actor.idle(now_, host.plan, pool_.settings.power);
  const bool idle = why && host.known && !blind_;
  if (std::exchange(host.said_idle, idle) || !idle) return;
  why->code = dry_run_sleep;
  say_of(host, *std::move(why));
}

void Director::feed_hosts() {
  for (auto& [id, host] : pool_.hosts) {
    if (!pool_.overloaded(host)) host.said.reset();
    tell(host, Linked{host.linked});
    if (fresh(host)) tell(host, Sampled{host.load.sampled_at()});
    const bool down = host.hello && host.hello->state == ports::AgentState::down;
    if (down && pool_.residents(id).empty()) tell(host, SaidDown{});
    const bool known = host.known && !blind_ && !pool_.settings.dry_run;
    const bool stranger = !host.hello && !blind_ && !pool_.settings.dry_run;
    tell(host, Needed{pool_.needed_by(id), known, stranger});
    if (pool_.settings.dry_run) only_say_idle(host);
    if (!ticked_) continue;
    tell(host, reactor::Tick{});
    if (host.reading_hello && now_ >= host.read_hello_again) ask_hello(host);
    if (!host.passing.empty() && now_ >= host.look_again) look_at_passing(host);
  }
}

// Of this boot, after the last hello, and not delivered late.
bool Director::fresh(const Host& host) const {
  const auto sampled = host.load.sampled_at();
  if (!sampled || !host.hello || host.hello->state == ports::AgentState::down) return false;
  if (host.hello->boot != host.load.boot()) return false;
  if (host.load.revision() < host.hello->hello.count()) return false;
  return now_ - *sampled < pool_.settings.power.silent_after;
}

void Director::tell(const VmId& id, const VmEvent& event) {
  const auto found = pool_.vms.find(id);
  if (found == pool_.vms.end()) return;
  if (found->second.actor.state() == VmState::gone) return;  // its desk answers as it goes
  VmActor& vm = found->second.actor;
  const VmState from = vm.state();
  const HostId host = vm.host();
  const HostId desk = vm.state() == VmState::queued ? vm.desk() : vm.target();
  const auto change = vm.on(now_, pool_.settings, event);
  pool_.index(id, vm.state(), vm.host());
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

// A desk that does not know yet that the VM does not come is told; one that said so itself knows.
void Director::left_state(const VmId& id, const VmEvent& event, VmState from, const HostId& desk) {
  const Vm& vm = pool_.vms.at(id);
  const VmState to = vm.actor.state();
  const auto distributing = [](VmState state) { return state == VmState::departing; };
  if (distributing(from) != distributing(to))
    if (Host* host = find_host(vm.actor.host()); host != nullptr) host->load.restart();
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
  left->load.restart();
  tell_desk(from, Withdrawn{vm});
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
    INVARIANT(!suspend || (pool_.needed_by(id) == 0 && !blind_));
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

// The VM is told first: what its desk is told then finds it where it is.
void Director::conclude(const MigrationId& id) {
  const Migration migration = pool_.migrations.at(id);
  const MigrationPlan& plan = migration.plan();
  if (migration.phase() == Phase::stranded) return tell(plan.vm, Broke{migration.reason()});
  if (!migration.over()) return;
  pool_.migrations.erase(id);
  const bool arrived = migration.phase() == Phase::complete;
  Host* target = find_host(plan.target);
  if (arrived) {
    const Role role = target ? target->plan.role : Role::server;
    if (target) target->load.restart(plan.vm);
    tell(plan.vm, CameTo{plan.target, role, migration.arrival()});
  } else if (migration.phase() == Phase::stayed) {
    tell(plan.vm, Stayed{migration.reason()});
  } else {
    tell(plan.vm, Vanished{migration.reason()});
    for (const HostId& end : {plan.source, plan.target})
      if (Host* host = find_host(end)) host->passing[plan.vm] = ports::DomainState::absent;
  }
  if (target) tell_desk(plan.target, Ended{plan.vm, arrived});
  if (migration.phase() != Phase::lost) out_.effects.emplace_back(effect::DropDefinition{plan.vm});
}

void Director::tell_desk(const HostId& id, const DeskEvent& event) {
  Host* host = find_host(id);
  if (!host || host->plan.role != Role::warehouse) return;
  for (const RequestChanged& change : host->desk.on(now_, pool_.desk_limits(*host), event))
    answer(id, change);
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

Host* Director::find_host(const HostId& host) {
  const auto found = pool_.hosts.find(host);
  return found == pool_.hosts.end() ? nullptr : &found->second;
}

std::optional<MigrationId> Director::migration_at(const HostId& host, const VmId& vm) const {
  const Migration* migration = pool_.migration_of(vm);
  if (!migration) return std::nullopt;
  const MigrationPlan& plan = migration->plan();
  return plan.source == host || plan.target == host ? std::optional{plan.id} : std::nullopt;
}

// DESIGN.md §8; each actor checks its own, this what only all of them together can break.
void Director::check() const {
  std::set<VmId> moving;
  for (const auto& [id, migration] : pool_.migrations)
    INVARIANT(moving.insert(migration.plan().vm).second);
}

Json Director::snapshot() const {
  Json out = Json::object();
  out["pool"] = to_json(pool_);
  out["epoch"] = epoch_;
  out["migrations_begun"] = migrations_begun_;
  if (blind_) out["blind"] = *blind_;
  return out;
}

reactor::Result<Director> Director::restore(const Json& snapshot) {
  Director director;
  director.blind_.reset();
  std::string blind;
  Reader in{snapshot};
  in("pool", director.pool_)("epoch", director.epoch_);
  in("migrations_begun", director.migrations_begun_)("blind", director.blind_);
  director.policy_ = make_policy(director.pool_.settings.policy);
  if (!in.complete() || !director.policy_ || !director.pool_.consistent())
    return reactor::Error{reactor::Errc::malformed, "the snapshot does not parse"};
  director.pool_.rebuild_index();
  return director;
}

}  // namespace actors
