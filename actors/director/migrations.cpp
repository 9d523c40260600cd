// Migrations that are followed: what calls came back with, what each record says and asks for, and
// what becomes of the VM and both hosts when one is over.
#include <utility>

#include "actors/director/director.h"
#include "actors/migration/operator_commands.h"

namespace actors {

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

/// Of a dry run: what it finds broken is said, with what to type, and left as it is.
MigrationSettings hands_off(MigrationSettings settings) {
  settings.resume_tries = 0;
  settings.on_lost = OnLost::leave;
  return settings;
}

}  // namespace

void Director::take(const input::DefinitionDone& event) {
  tell(event.migration, DefinitionKept{detail_of(event.failure)});
}

void Director::take(const input::MigrateDone& event) {
  tell(event.migration, CallEnded{error_of(event.failure)});
}

void Director::take(const input::ResumeDone& event) {
  tell(event.migration, ResumeEnded{error_of(event.failure)});
}

void Director::tell(const MigrationId& id, const MigrationEvent& event) {
  const auto found = pool_.migrations.find(id);
  if (found == pool_.migrations.end()) return;
  Migration& migration = found->second;
  const MigrationPlan plan = migration.plan();
  const MigrationSettings& settings = pool_.settings.migration;
  MigrationOutcome outcome =
      migration.on(now_, pool_.settings.dry_run ? hands_off(settings) : settings, event);
  for (PhaseChanged& change : outcome.changes) {
    add_commands(plan, change.reason);
    say({ActorKind::migration, id.text, pool_.name_of_vm(plan.vm),
         std::string{name_of(change.from)}, std::string{name_of(change.to)},
         std::move(change.reason), plan.vm.text(), plan.source.text});
  }
  for (const MigrationEffect effect : outcome.effects)
    act(plan, effect);
  if (!outcome.changes.empty()) conclude(id);
}

// Where a person has to go on, he is told what to type.
void Director::add_commands(const MigrationPlan& plan, Reason& reason) const {
  const auto uri = [&](const HostId& host) {
    const auto known = pool_.hosts.find(host);
    return known == pool_.hosts.end() ? std::string{} : libvirt_uri_of(known->second);
  };
  const std::string commands =
      commands_for(reason.code, {plan.vm, uri(plan.source), uri(plan.target)});
  if (commands.empty()) return;
  reason.detail += (reason.detail.empty() ? "" : "; ") + commands;
}

void Director::act(const MigrationPlan& plan, MigrationEffect effect) {
  if (pool_.settings.dry_run && !only_looks(effect)) return;
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
    case MigrationEffect::pause_source:
      out.emplace_back(effect::PausePostcopy{plan.id, plan.source, plan.vm});
      return;
    case MigrationEffect::resume:
      out.emplace_back(effect::ResumePostcopy{plan.id, call_of(plan)});
      return;
    case MigrationEffect::destroy_at_source:
      out.emplace_back(effect::DestroyRemains{plan.source, plan.vm});
      return;
    case MigrationEffect::destroy_at_target:
      out.emplace_back(effect::DestroyRemains{plan.target, plan.vm});
      return;
    case MigrationEffect::start_at_source:
      out.emplace_back(effect::StartAnew{plan.source, plan.vm});
      return;
    case MigrationEffect::abort:
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
  const bool broken = migration.phase() == Phase::stranded || migration.phase() == Phase::clearing;
  Reason why = migration.reason();
  add_commands(plan, why);
  if (broken) return tell(plan.vm, Broke{std::move(why)});
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
    tell(plan.vm, reactor::Tick{});  // it may have been once too often
  } else if (migration.phase() == Phase::stayed) {
    tell(plan.vm, Stayed{std::move(why)});
  } else {
    tell(plan.vm, Vanished{std::move(why)});
    for (const HostId& end : {plan.source, plan.target})  // something may be left of it
      if (Host* host = find_host(end)) host->passing[plan.vm] = ports::DomainState::absent;
  }
  if (target) tell_desk(plan.target, Ended{plan.vm, arrived});
  if (migration.phase() != Phase::lost) out_.effects.emplace_back(effect::DropDefinition{plan.vm});
}

}  // namespace actors
