#include "actors/pool.h"

#include <algorithm>

namespace actors {

namespace {

template <class Map, class Key>
const std::set<VmId>& members(const Map& map, const Key& key) {
  static const std::set<VmId> kNone;
  const auto found = map.find(key);
  return found == map.end() ? kNone : found->second;
}

}  // namespace

std::string libvirt_uri_of(const Host& host) {
  if (!host.plan.libvirt_uri.empty()) return host.plan.libvirt_uri;
  return host.hello ? host.hello->libvirt_uri : std::string{};
}

std::vector<const Host*> Pool::in_order(Role role) const {
  std::vector<const Host*> out;
  for (const HostPlan& plan : settings.hosts) {
    const auto found = hosts.find(plan.name);
    if (plan.role == role && found != hosts.end()) out.push_back(&found->second);
  }
  return out;
}

const std::set<VmId>& Pool::residents(const HostId& host) const {
  return members(residents_, host);
}

const std::set<VmId>& Pool::in_state(VmState state) const {
  return members(by_state_, state);
}

std::int64_t Pool::needed_by(const HostId& host) const {
  auto count = static_cast<std::int64_t>(residents(host).size());
  const auto known = hosts.find(host);
  if (known != hosts.end()) count += static_cast<std::int64_t>(known->second.passing.size());
  for (const VmState state : {VmState::departing, VmState::returning})
    for (const VmId& vm : in_state(state))
      count += vms.at(vm).actor.target() == host ? 1 : 0;
  for (const auto& [id, migration] : migrations) {
    const MigrationPlan& plan = migration.plan();
    count += plan.source == host || plan.target == host ? 1 : 0;
  }
  return count;
}

const Migration* Pool::migration_of(const VmId& vm) const {
  const auto found = std::ranges::find_if(
      migrations, [&](const auto& entry) { return entry.second.plan().vm == vm; });
  return found == migrations.end() ? nullptr : &found->second;
}

Mcores Pool::capacity(const Host& host) const {
  return host.hello ? host.hello->capacity : Mcores{};
}

Kib Pool::booked_memory(const HostId& host) const {
  Kib sum;
  for (const VmId& vm : residents(host))
    sum = sum + vms.at(vm).max_memory;
  return sum;
}

DeskLimits Pool::desk_limits(const Host& host) const {
  const std::int64_t pct = settings.distribution_threshold_pct - settings.admission_margin_pct;
  const Kib ram = host.hello ? host.hello->memory : Kib{};
  return {.tickets = settings.tickets,
          .queue_limit = settings.queue_limit,
          .most = {Mcores{capacity(host).count * pct / 100},
                   Kib{std::max(ram.count - settings.memory_reserve.count, std::int64_t{0})}},
          .ticket_expiry = settings.ticket_expiry};
}

std::optional<std::int64_t> Pool::load_pct(const Host& host) const {
  const auto average = host.load.average(settings);
  const Mcores most = capacity(host);
  if (!average || most.count <= 0) return std::nullopt;
  return average->count * 100 / most.count;
}

bool Pool::overloaded(const Host& host) const {
  return load_pct(host).value_or(0) >= settings.distribution_threshold_pct;
}

std::optional<Mcores> Pool::average(const VmId& vm) const {
  const auto place = places_.find(vm);
  if (place == places_.end()) return std::nullopt;
  const auto host = hosts.find(place->second.host);
  return host == hosts.end() ? std::nullopt : host->second.load.average(vm, settings);
}

std::string Pool::name_of_vm(const VmId& vm) const {
  const auto found = vms.find(vm);
  return found == vms.end() || found->second.name.empty() ? vm.text() : found->second.name;
}

void Pool::index(const VmId& vm, VmState state, const HostId& host) {
  Place& place = places_[vm];
  by_state_[place.state].erase(vm);
  residents_[place.host].erase(vm);
  place = {state, host};
  by_state_[state].insert(vm);
  if (state != VmState::gone && !host.text.empty()) residents_[host].insert(vm);
}

void Pool::forget(const VmId& vm) {
  index(vm, VmState::gone, {});
  by_state_[VmState::gone].erase(vm);
  places_.erase(vm);
  vms.erase(vm);
}

bool Pool::consistent() const {
  const auto named = [](const auto& host) { return host.first == host.second.plan.name; };
  return std::ranges::all_of(hosts, named) &&
         std::ranges::all_of(vms, [&](const auto& v) { return consistent(v.first, v.second); }) &&
         std::ranges::all_of(migrations,
                             [&](const auto& m) { return consistent(m.first, m.second); });
}

bool Pool::consistent(const VmId& id, const Vm& vm) const {
  const VmState state = vm.actor.state();
  const bool going = state == VmState::departing || state == VmState::returning;
  const bool moves =
      ((going || state == VmState::unknown) && vm.actor.began()) || state == VmState::stranded;
  const bool nowhere = vm.actor.host().text.empty() && !moves &&
                       (state == VmState::unknown || state == VmState::unmanaged);
  return state != VmState::gone && (nowhere || hosts.contains(vm.actor.host())) &&
         (!going || hosts.contains(vm.actor.target())) && moves == (migration_of(id) != nullptr);
}

bool Pool::consistent(const MigrationId& id, const Migration& migration) const {
  const MigrationPlan& plan = migration.plan();
  const auto same = [&](const auto& m) { return m.second.plan().vm == plan.vm; };
  return plan.id == id && !migration.over() && vms.contains(plan.vm) &&
         hosts.contains(plan.source) && hosts.contains(plan.target) &&
         std::ranges::count_if(migrations, same) == 1;
}

void Pool::rebuild_index() {
  places_.clear();
  residents_.clear();
  by_state_.clear();
  for (const auto& [id, vm] : vms)
    index(id, vm.actor.state(), vm.actor.host());
}

}  // namespace actors
