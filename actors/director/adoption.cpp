// Migrations under way that this director did not begin: an operator's, or those of the controller
// before this one.
#include <algorithm>

#include "actors/director/director.h"

namespace actors {

using ports::DomainState;

namespace {

// One that runs and is in `passing` has a job: it is being copied.
bool leaves(DomainState state) {
  return state == DomainState::running || state == DomainState::paused_postcopy ||
         state == DomainState::paused_postcopy_failed;
}

bool arrives(DomainState state) {
  return state == DomainState::running_postcopy || state == DomainState::running_postcopy_failed;
}

bool unsettled(const VmActor& vm) {
  return vm.state() == VmState::unknown && !vm.began();
}

}  // namespace

// One in the middle of a migration has pages here: the host stays awake, and it is looked at until
// it is through.
void Director::note_passing(Host& host, const ports::DomainLook& look) {
  touch_use(host);
  host.passing.erase(look.vm);
  const bool rests = (runs_here(look.state) && !look.job) || is_gone(look.state);
  if (!rests) host.passing[look.vm] = look.state;
}

void Director::look_at_passing(Host& host) {
  host.look_again = now_ + pool_.settings.migration.look_again;
  for (const auto& [vm, state] : host.passing)
    out_.effects.emplace_back(effect::LookAt{host.plan.name, vm});
}

// Of a VM that we have not settled since our start; one that somebody moves later is his, and told
// where it is when it is there. It takes no ticket: that was the earlier controller's to give.
void Director::adopt(const ports::DomainLook& look) {
  const auto known = pool_.vms.find(look.vm);
  if (known != pool_.vms.end() && !unsettled(known->second.actor)) return;
  const auto ends = ends_of(look.vm);
  if (!ends) return;
  const Vm& vm = describe(look);
  const Migration migration =
      Migration::adopted({next_migration(), look.vm, ends->source, ends->target,
                          ports::MigrationMode::precopy, vm.max_memory},
                         now_);
  const MigrationPlan& plan = migration.plan();
  for (const HostId& end : {plan.source, plan.target})
    pool_.hosts.at(end).passing.erase(plan.vm);
  follow(migration);
  tell(plan.vm, FoundMoving{plan.source, pool_.hosts.at(plan.source).plan.role, plan.target,
                            migration.reason()});
  refresh_facts(plan.vm);
}

bool Director::leaves_for_nowhere(const Host& host) const {
  return std::ranges::any_of(
      host.passing, [&](const auto& here) { return leaves(here.second) && !ends_of(here.first); });
}

// Both are paused just before a precopy's switch: then the source is where it ran until now.
std::optional<Director::Ends> Director::ends_of(const VmId& vm) const {
  Ends ends;
  if (const auto known = pool_.vms.find(vm); known != pool_.vms.end())
    ends.source = known->second.actor.host();
  std::vector<HostId> paused;
  for (const auto& [id, host] : pool_.hosts) {
    const auto here = host.passing.find(vm);
    if (here == host.passing.end()) continue;
    if (leaves(here->second)) ends.source = id;
    if (arrives(here->second)) ends.target = id;
    if (here->second == DomainState::paused_migrating) paused.push_back(id);
  }
  std::erase(paused, ends.source);
  if (ends.target.text.empty() && paused.size() == 1) ends.target = paused.front();
  const bool both = !ends.source.text.empty() && !ends.target.text.empty();
  return both && ends.source != ends.target ? std::optional{ends} : std::nullopt;
}

}  // namespace actors
