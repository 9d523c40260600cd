#include "actors/director/sightings.h"

#include "actors/migration/both_ends.h"

namespace actors {

using ports::DomainState;

namespace {

bool unsettled(const VmActor& vm) {
  return vm.state() == VmState::unknown && !vm.began();
}

/// And is not to be moved a second time.
bool rests(const ports::DomainLook& look) {
  return runs_here(look.state) && !look.job;
}

}  // namespace

void Sightings::take(const input::Linked& event) {
  Host* host = pool_.find(event.host);
  if (!host || !host->link_open) return;
  host->linked = host->known = host->met = true;
  stage_.touch(*host);
  for (const ports::DomainLook& look : event.domains)
    place(*host, look);
  unlisted(*host, event.domains);
  surveys_.ask(*host, event.domains);
}

// What a complete list does not name is not there.
void Sightings::unlisted(Host& host, const std::vector<ports::DomainLook>& domains) {
  std::set<VmId> missing = host.use.residents;
  for (const auto& [id, migration] : pool_.migrations)
    if (migration.plan().target == host.plan.name) missing.insert(migration.plan().vm);
  for (const ports::DomainLook& look : domains)
    missing.erase(look.vm);
  for (const VmId& vm : missing)
    place(host, {.vm = vm, .state = DomainState::absent});
}

void Sightings::take(const input::Unlinked& event) {
  Host* host = pool_.find(event.host);
  if (!host) return;
  host->linked = host->known = false;
  stage_.touch(*host);
  migrations_.unlinked(event.host);
}

void Sightings::take(const input::News& event) {
  const auto& [host, vm, news] = event.news;
  if (!pool_.find(host)) return;
  if (const auto side = migrations_.side(host, vm))
    return migrations_.tell(side->id, Heard{side->end, news});
  if (news == ports::News::suspended_migrating) return;
  if (news == ports::News::changed || news == ports::News::started) surveys_.ask(host, vm);
  stage_.ask(effect::LookAt{host, vm});
}

void Sightings::take(const input::LookDone& event) {
  if (event.look) {
    if (Host* host = pool_.find(event.host)) place(*host, *event.look);
  } else if (const auto side = migrations_.side(event.host, event.vm)) {
    migrations_.tell(side->id, Looked{side->end, std::nullopt});
  }
}

void Sightings::place(Host& host, const ports::DomainLook& look) {
  const HostId& here = host.plan.name;
  if (const auto side = migrations_.side(here, look.vm))
    return migrations_.tell(side->id, Looked{side->end, look.state, look.job});
  if (rests(look) && found_twice(host, look)) return;
  note_passing(host, look);
  if (is_gone(look.state) && host.use.residents.contains(look.vm))
    return vms_.tell(look.vm, Vanished{{.code = ReasonCode::stopped, .about = here.text}});
  if (rests(look)) place_whole(host, look);
  adopt(look);
}

void Sightings::place_whole(const Host& host, const ports::DomainLook& look) {
  describe(look);
  const bool migrated = look.state == DomainState::running_migrated;
  vms_.tell(look.vm, Placed{host.plan.name, host.plan.role, migrated});
  surveys_.judge(look.vm);
}

void Sightings::describe(const ports::DomainLook& look) {
  Vm& vm = pool_.vms[look.vm];
  vm.name = look.name;
  vm.vcpus = look.vcpus;
  vm.max_memory = look.max_memory;
}

// One in the middle of a migration has pages here.
void Sightings::note_passing(Host& host, const ports::DomainLook& look) {
  stage_.touch_use(host);
  if (rests(look) || is_gone(look.state)) {
    host.passing.erase(look.vm);
    return;
  }
  Part& part = host.passing[look.vm];
  part.state = look.state;
  part.name = look.name;
}

void Sightings::look_again(Host& host) {
  if (host.passing.empty() || stage_.now < host.look_again) return;
  host.look_again = stage_.now + pool_.settings.migration.look_again;
  for (auto& [vm, part] : host.passing) {
    stage_.ask(effect::LookAt{host.plan.name, vm});
    tell_if_alone(host, vm, part);
  }
}

void Sightings::tell_if_alone(const Host& host, const VmId& vm, Part& part) {
  if (!is_alone(vm, part)) return part.alone_since.reset();
  if (!part.alone_since) part.alone_since = stage_.now;
  const Duration limit = pool_.settings.migration.resume_limit;
  if (part.told || stage_.now - *part.alone_since < limit) return;
  part.told = true;
  const std::string state{name_of(VmState::unknown)};
  stage_.say({ActorKind::vm,
              vm.text(),
              part.name.empty() ? vm.text() : part.name,
              state,
              state,
              {.code = ReasonCode::other_end_missing,
               .values = {limit.count()},
               .about = host.plan.name.text,
               .detail = std::string{name_of(part.state)}},
              {},
              host.plan.name.text});
}

bool Sightings::is_alone(const VmId& vm, const Part& part) const {
  return is_part(part.state) && !pool_.kept.contains(vm) && !pool_.migration_of(vm) &&
         !ends_of(pool_, vm);
}

// One that somebody moves after we settled it is told where it is when it is there. The adopted one
// takes no ticket: that was the earlier controller's to give.
void Sightings::adopt(const ports::DomainLook& look) {
  const auto known = pool_.vms.find(look.vm);
  if (known != pool_.vms.end() && !unsettled(known->second.actor)) return;
  if (const auto ends = ends_of(pool_, look.vm)) adopt(look, *ends, Found::under_way);
}

void Sightings::adopt(const ports::KeptMove& move, Found found) {
  const auto known = pool_.vms.find(move.vm);
  if (known != pool_.vms.end() && !unsettled(known->second.actor)) return;
  const ports::DomainLook look{.vm = move.vm,
                               .name = move.name,
                               .vcpus = static_cast<std::int32_t>(move.vcpus),
                               .max_memory = move.max_memory};
  adopt(look, {move.source, move.target}, found);
}

void Sightings::adopt(const ports::DomainLook& look, const Ends& ends, Found found) {
  describe(look);
  for (const HostId& end : {ends.source, ends.target})
    pool_.hosts.at(end).passing.erase(look.vm);
  migrations_.adopt(look.vm, ends, found);
  surveys_.judge(look.vm);
}

// One that rests here has left where we knew it; that host is looked at once more. If it rests
// there too, its record looks at both together, and tells what it finds.
bool Sightings::found_twice(Host& host, const ports::DomainLook& look) {
  const auto known = pool_.vms.find(look.vm);
  Host* other = known == pool_.vms.end() ? nullptr : pool_.find(known->second.actor.host());
  if (!other || other == &host || !other->linked) return false;
  const auto here = host.passing.find(look.vm);
  if (here == host.passing.end() || here->second.state != DomainState::running) {
    other->passing[look.vm].state = DomainState::running;
    stage_.touch_use(*other);
    return false;
  }
  const HostId &a = other->plan.name, &b = host.plan.name;
  const bool arrived = look.state == DomainState::running_migrated;
  adopt(look, arrived ? Ends{a, b} : Ends{b, a}, Found::under_way);
  return true;
}

}  // namespace actors
