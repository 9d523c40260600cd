#include "actors/pool/pool.h"

#include <algorithm>

namespace actors {

namespace {

const std::set<VmId> kNobody;

bool moves(VmState state) {
  return state == VmState::departing || state == VmState::returning;
}

Place place_of(const Vm& known) {
  const VmActor& vm = known.actor;
  return {.state = vm.state(),
          .host = vm.host(),
          .target = moves(vm.state()) ? vm.target() : HostId{},
          .name = known.name,
          .memory = known.max_memory,
          .listens = vm.listens(),
          .waits = moves(vm.state()) && !vm.began(),
          .flaps = vm.ping_pong(),
          .asks_at = vm.asks_at()};
}

using Domains = std::vector<ports::DefinedDomain>;

/// Of the domains that run there those of that name; no others can be in its way.
Domains running_as(const std::string& name, const Host& host) {
  Domains out;
  const auto& names = host.use.names;
  for (auto next = names.lower_bound({name, {}}); next != names.end(); ++next) {
    if (next->first != name) break;
    out.push_back({next->second, name});
  }
  return out;
}

// Nobody tries ports or compares clocks for us, as `nemuri doctor` does.
preflight::HostSide side_of(const Host& host, const Domains* running) {
  return {.host = host.plan.name,
          .offers = host.offers ? &*host.offers : nullptr,
          .hello = host.hello ? &*host.hello : nullptr,
          .running = running,
          .silent_port = {},
          .clock_ahead = {}};
}

}  // namespace

Reason cannot_take(const HostId& target, const preflight::Finding& no) {
  return {.code = ReasonCode::target_cannot_take, .about = target.text, .detail = no.what};
}

std::string libvirt_uri_of(const Host& host) {
  if (!host.plan.libvirt_uri.empty()) return host.plan.libvirt_uri;
  return host.hello ? host.hello->libvirt_uri : std::string{};
}

Host* Pool::find(const HostId& host) {
  const auto found = hosts.find(host);
  return found == hosts.end() ? nullptr : &found->second;
}

const std::vector<const Host*>& Pool::in_order(Role role) const {
  return in_order_[static_cast<std::size_t>(role)];
}

void Pool::order_hosts() {
  for (auto& list : in_order_)
    list.clear();
  for (auto& [id, host] : hosts)
    host.order.reset();
  for (std::size_t place = 0; place < settings.hosts.size(); ++place) {
    const HostPlan& plan = settings.hosts[place];
    Host* host = find(plan.name);
    if (!host) continue;
    host->order = place;
    in_order_[static_cast<std::size_t>(plan.role)].push_back(host);
  }
}

const std::set<VmId>& Pool::residents(const HostId& host) const {
  const auto found = hosts.find(host);
  return found == hosts.end() ? kNobody : found->second.use.residents;
}

const std::set<VmId>& Pool::in_state(VmState state) const {
  const auto found = by_state_.find(state);
  return found == by_state_.end() ? kNobody : found->second;
}

std::set<VmId> Pool::asking(reactor::Instant now) const {
  std::set<VmId> out;
  for (auto next = asking_.begin(); next != asking_.end() && next->first <= now; ++next)
    out.insert(next->second);
  return out;
}

std::int64_t Pool::needed_by(const Host& host) {
  return static_cast<std::int64_t>(host.use.residents.size() + host.passing.size()) +
         host.use.coming + host.use.moves;
}

std::int64_t Pool::needed_by(const HostId& host) const {
  const auto found = hosts.find(host);
  return found == hosts.end() ? 0 : needed_by(found->second);
}

const Migration* Pool::migration_of(const VmId& vm) const {
  const auto found = std::ranges::find_if(
      migrations, [&](const auto& entry) { return entry.second.plan().vm == vm; });
  return found == migrations.end() ? nullptr : &found->second;
}

Mcores Pool::capacity(const Host& host) const {
  return host.hello ? host.hello->capacity : Mcores{};
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
  const auto known = vms.find(vm);
  if (known == vms.end()) return std::nullopt;
  const auto host = hosts.find(known->second.actor.host());
  return host == hosts.end() ? std::nullopt : host->second.load.average(vm, settings);
}

std::string Pool::name_of_vm(const VmId& vm) const {
  const auto found = vms.find(vm);
  return found == vms.end() || found->second.name.empty() ? vm.text() : found->second.name;
}

std::optional<preflight::Finding> Pool::obstacle(const Host& target, const VmId& id) const {
  const auto known = vms.find(id);
  if (known == vms.end()) return std::nullopt;
  const Domains running = running_as(known->second.name, target);
  return obstacle(target, id, &running);
}

std::optional<preflight::Finding> Pool::obstacle(const Host& target, const VmId& id,
                                                 const Domains* running) const {
  const auto known = vms.find(id);
  if (known == vms.end() || !known->second.needs) return std::nullopt;
  const ports::VmNeeds& needs = *known->second.needs;
  const auto source = hosts.find(known->second.actor.host());
  if (source == hosts.end()) return std::nullopt;
  const auto cpu = needs.cpu ? cpus.find(*needs.cpu) : cpus.end();
  const auto fit = needs.cpu ? target.fits.find(*needs.cpu) : target.fits.end();
  return preflight::obstacle({.vm = needs,
                              .source = side_of(source->second, nullptr),
                              .target = side_of(target, running),
                              .cpu = cpu == cpus.end() ? nullptr : &cpu->second,
                              .fit = fit == target.fits.end() ? nullptr : &fit->second,
                              .mode = settings.migration.mode});
}

// Ends at the first host that can take it, which is nearly always the first one. A domain that only
// runs there may be gone in a moment.
std::optional<std::string> Pool::why_nowhere(const VmId& id) const {
  const HostId& here = vms.at(id).actor.host();
  preflight::Finding first;
  std::size_t cannot = 0;
  for (const auto& list : in_order_) {
    for (const Host* host : list) {
      if (host->plan.name == here) continue;
      auto no = obstacle(*host, id, nullptr);
      if (!no) return std::nullopt;
      if (++cannot == 1) first = *std::move(no);
    }
  }
  if (cannot == 0) return std::nullopt;
  const std::string others = "; nor the " + std::to_string(cannot - 1) + " others";
  return first.what + (cannot == 1 ? "" : others) + "; mend: " + first.mend;
}

bool Pool::index(const VmId& id) {
  Vm& vm = vms.at(id);
  Place place = place_of(vm);
  if (place == vm.place) return false;
  leave(id, vm.place);
  enter(id, place);
  vm.place = std::move(place);
  return true;
}

void Pool::enter(const VmId& id, const Place& place) {
  if (place.state == VmState::gone) return;
  by_state_[place.state].insert(id);
  if (place.waits) waiting_.insert(id);
  if (place.flaps) flapping_.insert(id);
  if (place.asks_at) asking_.emplace(*place.asks_at, id);
  if (Host* target = find(place.target)) ++target->use.coming;
  Host* host = find(place.host);
  if (!host) return;
  host->use.residents.insert(id);
  host->use.names.emplace(place.name, id);
  host->use.memory.count += place.memory.count;
  if (place.listens) host->use.listening.insert(id);
}

void Pool::leave(const VmId& id, const Place& place) {
  if (place.state == VmState::gone) return;
  by_state_[place.state].erase(id);
  waiting_.erase(id);
  flapping_.erase(id);
  if (place.asks_at) asking_.erase({*place.asks_at, id});
  if (Host* target = find(place.target)) --target->use.coming;
  Host* host = find(place.host);
  if (!host) return;
  host->use.residents.erase(id);
  host->use.names.erase({place.name, id});
  host->use.memory.count -= place.memory.count;
  host->use.listening.erase(id);
}

void Pool::forget(const VmId& id) {
  leave(id, vms.at(id).place);
  vms.erase(id);
}

void Pool::add(Migration migration) {
  count_moves(migration.plan(), 1);
  const MigrationId id = migration.plan().id;
  migrations.emplace(id, std::move(migration));
}

void Pool::end(const MigrationId& id) {
  count_moves(migrations.at(id).plan(), -1);
  migrations.erase(id);
}

void Pool::count_moves(const MigrationPlan& plan, std::int64_t by) {
  for (const HostId& end : {plan.source, plan.target})
    if (Host* host = find(end)) host->use.moves += by;
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
  by_state_.clear();
  waiting_.clear();
  flapping_.clear();
  asking_.clear();
  for (auto& [id, host] : hosts)
    host.use = {};
  for (auto& [id, vm] : vms) {
    vm.place = place_of(vm);
    enter(id, vm.place);
  }
  for (const auto& [id, migration] : migrations)
    count_moves(migration.plan(), 1);
  order_hosts();
}

}  // namespace actors
