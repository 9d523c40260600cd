#include "actors/director/migrations.h"

#include <utility>

#include "actors/migration/operator_commands.h"
#include "reactor/invariant.h"

namespace actors {

using ports::KeptStage;

namespace {

std::optional<reactor::Error> error_of(const std::optional<input::Failure>& failure) {
  if (!failure) return std::nullopt;
  return reactor::Error{failure->code, failure->detail};
}

std::optional<std::string> detail_of(const std::optional<input::Failure>& failure) {
  return failure ? std::optional{failure->detail} : std::nullopt;
}

bool only_looks(MigrationEffect effect) {
  return effect == MigrationEffect::look_at_source || effect == MigrationEffect::look_at_target;
}

/// Where its migrations come from, as far as is known; empty: it is not.
std::string address_of(const Host& host) {
  const std::string own = host.hello ? host.hello->migration_address : std::string{};
  return own.empty() ? address_in(libvirt_uri_of(host)) : own;
}

/// The parts of a migration as a person names them to virsh and ss.
Trouble trouble_of(Pool& pool, const MigrationPlan& plan) {
  Trouble out{.vm = plan.vm};
  if (const Host* source = pool.find(plan.source)) {
    out.source_uri = libvirt_uri_of(*source);
    out.source_address = address_of(*source);
  }
  if (const Host* target = pool.find(plan.target)) {
    const auto& hello = target->hello;
    const auto facts = hello && hello->facts ? *hello->facts : ports::HostFacts{};
    out.target_uri = libvirt_uri_of(*target);
    out.first_port = facts.first_port;
    out.last_port = facts.last_port;
  }
  return out;
}

/// Void before the next step: so it can't end the new connection of a resume.
ports::Order end_incoming(const Pool& pool, const MigrationPlan& plan, std::int64_t epoch) {
  const auto& hello = pool.hosts.at(plan.target).hello;
  return {.kind = ports::OrderKind::end_incoming,
          .boot = hello ? hello->boot : BootId{},
          .epoch = epoch,
          .ttl = Recovery::order_holds(pool.settings.migration),
          .of = {},
          .vm = plan.vm};
}

/// Of a dry run: what it finds broken is said, with what to type, and left as it is.
MigrationSettings hands_off(MigrationSettings settings) {
  settings.resume_tries = 0;
  settings.on_lost = OnLost::leave;
  return settings;
}

}  // namespace

void Migrations::begin(const VmId& vm, const HostId& target) {
  INVARIANT(pool_.migration_of(vm) == nullptr);
  const Vm& known = pool_.vms.at(vm);
  MigrationPlan plan{.id = next_id(),
                     .vm = vm,
                     .source = known.actor.host(),
                     .target = target,
                     .mode = pool_.settings.migration.mode,
                     .memory = known.max_memory};
  const MigrationId migration = plan.id;
  follow(Migration{std::move(plan)});
  vms_.tell(vm, MigrationBegan{});
  tell(migration, Begin{});
}

// One that is lost is stranded at once, as it was under the controller before.
void Migrations::adopt(const VmId& vm, const Ends& ends, Found found) {
  const auto& [source, target] = ends;
  const Migration migration = Migration::adopted(
      {next_id(), vm, source, target, ports::MigrationMode::precopy, pool_.vms.at(vm).max_memory},
      found, stage_.now);
  follow(migration);
  pool_.kept.erase(vm);
  vms_.tell(vm, FoundMoving{source, pool_.hosts.at(source).plan.role, target, migration.reason()});
  if (found == Found::clearing)
    vms_.tell(vm, Broke{{.code = ReasonCode::lost_started_anew,
                         .detail = "an earlier controller had begun to"}});
}

// Both ends are needed by it till it is over.
void Migrations::follow(Migration migration) {
  stage_.touch_use(migration.plan().source);
  stage_.touch_use(migration.plan().target);
  pool_.add(std::move(migration));
}

std::optional<Migrations::Side> Migrations::side(const HostId& host, const VmId& vm) const {
  const Migration* migration = pool_.migration_of(vm);
  if (!migration) return std::nullopt;
  const MigrationPlan& plan = migration->plan();
  if (plan.source == host) return Side{plan.id, End::source};
  if (plan.target == host) return Side{plan.id, End::target};
  return std::nullopt;
}

void Migrations::tell(const MigrationId& id, const MigrationEvent& event) {
  const auto found = pool_.migrations.find(id);
  if (found == pool_.migrations.end()) return;
  Migration& migration = found->second;
  const MigrationPlan plan = migration.plan();
  const MigrationSettings& settings = pool_.settings.migration;
  MigrationOutcome outcome =
      migration.on(stage_.now, pool_.settings.dry_run ? hands_off(settings) : settings, event);
  for (PhaseChanged& change : outcome.changes)
    put_on_record(plan, std::move(change));
  for (const MigrationEffect effect : outcome.effects)
    act(plan, effect);
  if (!outcome.changes.empty()) conclude(id);
}

void Migrations::put_on_record(const MigrationPlan& plan, PhaseChanged change) {
  add_commands(plan, change.reason);
  stage_.say({ActorKind::migration, plan.id.text, pool_.name_of_vm(plan.vm),
              std::string{name_of(change.from)}, std::string{name_of(change.to)},
              std::move(change.reason), plan.vm.text(), plan.source.text});
}

// Where a person has to go on, he is told what to type.
void Migrations::add_commands(const MigrationPlan& plan, Reason& reason) const {
  const std::string commands = commands_for(reason.code, trouble_of(pool_, plan));
  if (commands.empty()) return;
  reason.detail += (reason.detail.empty() ? "" : "; ") + commands;
}

void Migrations::act(const MigrationPlan& plan, MigrationEffect effect) {
  if (pool_.settings.dry_run && !only_looks(effect)) return;
  switch (effect) {
    case MigrationEffect::keep_definition:
      stage_.ask(effect::KeepDefinition{plan.id, kept_of(plan, KeptStage::moving)});
      return;
    case MigrationEffect::mark_clearing:
      stage_.ask(effect::MarkDefinition{plan.id, kept_of(plan, KeptStage::clearing)});
      return;
    case MigrationEffect::call: stage_.ask(effect::Migrate{plan.id, call_of(plan)}); return;
    case MigrationEffect::look_at_source: stage_.ask(effect::LookAt{plan.source, plan.vm}); return;
    case MigrationEffect::look_at_target: stage_.ask(effect::LookAt{plan.target, plan.vm}); return;
    case MigrationEffect::pause_source:
      stage_.ask(effect::PausePostcopy{plan.id, plan.source, plan.vm});
      return;
    case MigrationEffect::end_incoming:
      stage_.ask(effect::GiveOrder{plan.target, end_incoming(pool_, plan, stage_.epoch)});
      return;
    case MigrationEffect::resume:
      stage_.ask(effect::ResumePostcopy{plan.id, call_of(plan)});
      return;
    case MigrationEffect::destroy_at_source:
      stage_.ask(effect::DestroyRemains{plan.source, plan.vm});
      return;
    case MigrationEffect::destroy_at_target:
      stage_.ask(effect::DestroyRemains{plan.target, plan.vm});
      return;
    case MigrationEffect::switch_over: stage_.ask(effect::SwitchOver{plan.source, plan.vm}); return;
    case MigrationEffect::suspend_target:
      stage_.ask(effect::SuspendDomain{plan.target, plan.vm});
      return;
    case MigrationEffect::start_at_source:
      stage_.ask(effect::StartAnew{plan.source, plan.vm});
      return;
    case MigrationEffect::abort:
      stage_.ask(effect::AbortMigration{plan.id, plan.source, plan.vm});
      return;
  }
}

ports::MigrateCall Migrations::call_of(const MigrationPlan& plan) const {
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

ports::KeptMove Migrations::kept_of(const MigrationPlan& plan, KeptStage stage) const {
  const Vm& vm = pool_.vms.at(plan.vm);
  return {.vm = plan.vm,
          .name = vm.name,
          .vcpus = vm.vcpus,
          .max_memory = vm.max_memory,
          .source = plan.source,
          .target = plan.target,
          .stage = stage};
}

// The VM is told first: what its desk is told then finds it where it is.
void Migrations::conclude(const MigrationId& id) {
  const Migration migration = pool_.migrations.at(id);
  const MigrationPlan& plan = migration.plan();
  const bool broken = migration.phase() == Phase::stranded || migration.phase() == Phase::clearing;
  Reason why = migration.reason();
  add_commands(plan, why);
  if (broken) return vms_.tell(plan.vm, Broke{std::move(why)});
  if (migration.over()) finish(migration, std::move(why));
}

void Migrations::finish(const Migration& migration, Reason why) {
  const MigrationPlan& plan = migration.plan();
  pool_.end(plan.id);
  stage_.touch_use(plan.source);
  stage_.touch_use(plan.target);
  const bool arrived = migration.phase() == Phase::complete;
  close_definition(migration);
  if (arrived) {
    came(migration);
  } else if (migration.phase() == Phase::stayed) {
    vms_.tell(plan.vm, Stayed{std::move(why)});
  } else {
    lose(plan, std::move(why));
  }
  vms_.tell_desk(plan.target, Ended{plan.vm, arrived});
}

// One that is lost is said to be once, by whichever controller; its definition is left for who
// starts it.
void Migrations::close_definition(const Migration& migration) {
  const MigrationPlan& plan = migration.plan();
  const bool dry = pool_.settings.dry_run;
  if (migration.phase() != Phase::lost) {
    if (!dry) stage_.ask(effect::DropDefinition{plan.vm});
    return;
  }
  const auto stage = migration.seen() ? KeptStage::lost : KeptStage::vanished;
  const ports::KeptMove move = kept_of(plan, stage);
  pool_.kept[plan.vm] = {move};
  if (!dry) stage_.ask(effect::MarkDefinition{plan.id, move});
}

void Migrations::came(const Migration& migration) {
  const MigrationPlan& plan = migration.plan();
  Host* target = pool_.find(plan.target);
  if (target) target->load.restart(plan.vm);  // touched by what follows
  vms_.tell(plan.vm,
            CameTo{plan.target, target ? target->plan.role : Role::server, migration.arrival()});
  vms_.tell(plan.vm, reactor::Tick{});  // it may have been once too often
}

// Something may be left of it.
void Migrations::lose(const MigrationPlan& plan, Reason why) {
  vms_.tell(plan.vm, Vanished{std::move(why)});
  for (const HostId& end : {plan.source, plan.target})
    if (Host* host = pool_.find(end)) host->passing[plan.vm] = {};
}

void Migrations::unlinked(const HostId& host) {
  std::vector<Side> sides;
  for (const auto& [id, migration] : pool_.migrations) {
    if (migration.plan().source == host) sides.push_back({id, End::source});
    if (migration.plan().target == host) sides.push_back({id, End::target});
  }
  for (const auto& [id, end] : sides)
    tell(id, EndUnlinked{end});
}

void Migrations::tick() {
  std::vector<MigrationId> moving;
  for (const auto& [id, migration] : pool_.migrations)
    moving.push_back(id);
  for (const MigrationId& id : moving)
    tell(id, reactor::Tick{});
}

void Migrations::take(const input::Counted& event) {
  if (const auto here = side(event.stats.source, event.stats.vm))
    tell(here->id, Counted{event.stats});
}

void Migrations::take(const input::DefinitionDone& event) {
  const bool none = event.failure && event.failure->code == reactor::Errc::refused;
  tell(event.migration, DefinitionKept{detail_of(event.failure), none});
}

void Migrations::take(const input::MigrateDone& event) {
  tell(event.migration, CallEnded{error_of(event.failure)});
}

void Migrations::take(const input::ResumeDone& event) {
  tell(event.migration, ResumeEnded{error_of(event.failure)});
}

void Migrations::take(const input::ClearingFailed& event) {
  const input::Failure& failure = event.failure;
  if (const auto at = side(event.host, event.vm))
    tell(at->id, NotCleared{failure.detail, failure.code != reactor::Errc::busy});
}

void Migrations::take(const input::AgentReply& event) {
  const ports::Reply& reply = event.reply;
  const bool refused = reply.kind == ports::ReplyKind::refused;
  if (const auto at = side(reply.host, *reply.vm))
    tell(at->id,
         IncomingEnded{refused ? std::optional{reply.detail} : std::nullopt, true, reply.order});
}

void Migrations::take(const input::OrderDone& event) {
  const auto at = side(event.host, *event.vm);
  if (!at) return;
  if (event.id) return tell(at->id, IncomingOrdered{*event.id});
  tell(at->id, IncomingEnded{event.detail, false});
}

}  // namespace actors
