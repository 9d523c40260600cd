#include "drivers/sim/world.h"

#include <algorithm>

#include "drivers/sim/cpu_share.h"
#include "drivers/sim/power.h"
#include "reactor/invariant.h"

namespace drivers::sim {

using actors::ports::DomainState;

namespace {

constexpr std::int64_t kAllPct = 100;
constexpr Ucores kUcoresPerCore = 1'000'000;
constexpr std::uint64_t kOfLoads = 1;  // branch of the run's chance
constexpr std::uint64_t kVersion4 = 0x4000, kVariant1 = std::uint64_t{1} << 63U;  // RFC 4122

std::int64_t draws(const Host& host) {
  const PowerModel& model = host.model.power;
  switch (host.power) {
    case HostPower::awake:
      return awake_power(model, host.used, host.model.capacity.count * kUcoresPerMcore);
    case HostPower::asleep: return model.asleep;
    case HostPower::going_down:
    case HostPower::coming_up: return model.transition;
    case HostPower::off: return 0;
  }
  INVARIANT(false);
}

}  // namespace

VmId vm_id(std::size_t place) {
  return {kVersion4, kVariant1 | (place + 1)};
}

bool executes(const Domain& domain) {
  return domain.state == DomainState::running || domain.state == DomainState::running_migrated ||
         domain.state == DomainState::running_postcopy;
}

World::World(reactor::Scheduler& loop, const Scenario& scenario)
    : loop_(loop), loads_end_(scenario.loads_end) {
  for (const HostModel& model : scenario.hosts) {
    host_at_.emplace(model.plan.name, hosts_.size());
    hosts_.push_back({.model = model,
                      .power = model.asleep ? HostPower::asleep : HostPower::awake,
                      .since = loop.now(),
                      .domains = {},
                      .counted = loop.now()});
    share(hosts_.back());
  }
  const auto loads = reactor::Random{static_cast<std::uint64_t>(scenario.seed)}.branch(kOfLoads);
  for (const VmModel& model : scenario.vms) {
    const std::size_t vm = vms_.size();
    const std::size_t host = host_at_.at(model.on);
    vms_.push_back(
        {.model = model, .id = vm_id(vm), .tape = LoadTape{loads.branch(vm)}, .on = {host}});
    hosts_[host].domains.push_back({.vm = vm});
    follow_load(vm);
  }
}

std::optional<std::size_t> World::find(const HostId& host) const {
  const auto found = host_at_.find(host);
  return found == host_at_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::size_t> World::find(const VmId& vm) const {
  const std::uint64_t place = (vm.low() ^ kVariant1) - 1;
  return place < vms_.size() && vms_[place].id == vm ? std::optional{place} : std::nullopt;
}

const Domain* World::domain(std::size_t host, std::size_t vm) const {
  const auto& domains = hosts_[host].domains;
  const auto found = std::ranges::find(domains, vm, &Domain::vm);
  return found == domains.end() ? nullptr : &*found;
}

Domain* World::find_domain(std::size_t host, std::size_t vm) {
  auto& domains = hosts_[host].domains;
  const auto found = std::ranges::find(domains, vm, &Domain::vm);
  return found == domains.end() ? nullptr : &*found;
}

actors::ports::DomainLook World::look(std::size_t host, std::size_t vm) const {
  const Domain* here = domain(host, vm);
  if (!here) return {.vm = vms_[vm].id, .state = DomainState::absent};
  const VmModel& model = vms_[vm].model;
  return {.vm = vms_[vm].id,
          .state = here->state,
          .job = here->job,
          .name = model.name,
          .vcpus = static_cast<std::int32_t>(model.vcpus),
          .max_memory = model.memory};
}

const Host& World::counted(std::size_t host) {
  bring_up_to_date(hosts_[host]);
  return hosts_[host];
}

void World::bring_up_to_date(Host& host) {
  const std::int64_t ms = (loop_.now() - host.counted).count();
  if (ms == 0) return;
  host.counted = loop_.now();
  host.energy_uj += host.milliwatts * ms;
  if (host.power != HostPower::awake) return;
  host.cpu_ns += (host.model.overhead + host.moving) * ms;
  std::int64_t lacked_ns = 0;
  for (Domain& domain : host.domains) {
    host.cpu_ns += domain.rate * ms;
    lacked_ns += serve(domain, host.sla, ms);
  }
  host.sla.awake += Duration{ms};
  if (lacked_ns > 0) host.sla.lacking += Duration{ms};
}

std::int64_t World::serve(Domain& domain, Sla& sla, std::int64_t ms) {
  domain.cpu_ns += domain.rate * ms;
  if (!executes(domain)) return 0;
  Vm& vm = vms_[domain.vm];
  const std::int64_t lacked_ns = (vm.wants - domain.rate) * ms;
  vm.lost_ns += lacked_ns;
  sla.asked_ns += vm.wants * ms;
  if (domain.job) sla.lacked_migrating_ns += lacked_ns;
  return lacked_ns;
}

// The host's own work comes first: it is what makes the VMs run at all.
void World::share(Host& host) {
  const Ucores own = host.model.overhead + host.moving;
  const Ucores most = host.model.cores * kUcoresPerCore;
  host.used = own;
  for (Domain& domain : host.domains)
    host.used += domain.rate = executes(domain) ? asks(domain) : 0;
  if (host.used > most) host.used = own + squeeze(host, most - own);
  host.milliwatts = draws(host);
}

Ucores World::asks(const Domain& domain) const {
  return vms_[domain.vm].wants * (kAllPct - domain.slow_pct) / kAllPct;
}

Ucores World::squeeze(Host& host, Ucores most) {
  std::vector<Ucores> demands;
  for (const Domain& domain : host.domains)
    demands.push_back(domain.rate);
  const std::vector<Ucores> grants = max_min(most, demands);
  Ucores sum = 0;
  for (std::size_t i = 0; i < grants.size(); ++i)
    sum += host.domains[i].rate = grants[i];
  return sum;
}

void World::follow_load(std::size_t vm) {
  while (const auto step = vms_[vm].tape.next(vms_[vm].model.load)) {
    if (step->at >= loads_end_) return;
    const Duration delay = step->at - loop_.now().time_since_epoch();
    if (delay > Duration{0})
      return loop_.after(delay, [this, vm, cpu = step->cpu] {
        want(vm, cpu);
        follow_load(vm);
      });
    want(vm, step->cpu);
  }
}

void World::want(std::size_t vm, Ucores cpu) {
  for (const std::size_t host : vms_[vm].on)
    bring_up_to_date(hosts_[host]);
  vms_[vm].wants = cpu;
  for (const std::size_t host : vms_[vm].on)
    share(hosts_[host]);
}

void World::appear(std::size_t host, std::size_t vm, DomainState state) {
  INVARIANT(!domain(host, vm) && hosts_[host].power == HostPower::awake);
  bring_up_to_date(hosts_[host]);
  hosts_[host].domains.push_back({.vm = vm, .state = state, .job = true});
  vms_[vm].on.push_back(host);
  share(hosts_[host]);
}

void World::begin(std::size_t host, std::size_t vm) {
  vms_[vm].lost = vms_[vm].off = false;
  appear(host, vm, DomainState::running);
  set_state(host, vm, DomainState::running, false);
  announce(host, vm, actors::ports::News::started);
}

void World::set_state(std::size_t host, std::size_t vm, DomainState state, bool job) {
  bring_up_to_date(hosts_[host]);
  Domain* here = find_domain(host, vm);
  INVARIANT(here);
  here->state = state;
  here->job = job;
  share(hosts_[host]);
}

void World::slow_down(std::size_t host, std::size_t vm, std::int64_t pct) {
  bring_up_to_date(hosts_[host]);
  Domain* here = find_domain(host, vm);
  INVARIANT(here);
  here->slow_pct = pct;
  share(hosts_[host]);
}

void World::spend_on_moving(std::size_t host, Ucores cpu) {
  bring_up_to_date(hosts_[host]);
  hosts_[host].moving = cpu;
  share(hosts_[host]);
}

void World::vanish(std::size_t host, std::size_t vm) {
  bring_up_to_date(hosts_[host]);
  if (const Domain* here = domain(host, vm)) leaves(host, *here);
  std::erase_if(hosts_[host].domains, [&](const Domain& each) { return each.vm == vm; });
  share(hosts_[host]);
}

void World::shut_down(std::size_t host, std::size_t vm) {
  vms_[vm].off = true;
  vanish(host, vm);
  announce(host, vm, actors::ports::News::shut_down);
}

void World::leaves(std::size_t host, const Domain& domain) {
  Vm& vm = vms_[domain.vm];
  std::erase(vm.on, host);
  vm.left = {host, domain.cpu_ns};
}

void World::announce(std::size_t host, std::size_t vm, actors::ports::News news) {
  for (WorldListener* listener : listeners_)
    listener->happened(host, vm, news);
}

void World::suspend(std::size_t host) {
  if (hosts_[host].power != HostPower::awake) return;
  set_power(host, HostPower::going_down);
  set_power_after(hosts_[host].model.suspend_takes, host, HostPower::asleep);
}

void World::resume(std::size_t host) {
  if (hosts_[host].power != HostPower::asleep) return;
  set_power(host, HostPower::coming_up);
  set_power_after(hosts_[host].model.resume_takes, host, HostPower::awake);
}

void World::crash(std::size_t host) {
  if (hosts_[host].power == HostPower::off) return;
  set_power(host, HostPower::off);
  for (const Domain& domain : hosts_[host].domains) {
    leaves(host, domain);
    if (executes(domain)) lose(domain.vm);
  }
  hosts_[host].domains.clear();
  share(hosts_[host]);
}

void World::boot(std::size_t host) {
  if (hosts_[host].power == HostPower::off) set_power(host, HostPower::awake);
}

void World::set_power_after(Duration delay, std::size_t host, HostPower power) {
  loop_.after(delay, [this, host, power, changes = hosts_[host].changes] {
    if (hosts_[host].changes == changes) set_power(host, power);
  });
}

void World::set_power(std::size_t host, HostPower power) {
  bring_up_to_date(hosts_[host]);
  hosts_[host].power = power;
  ++hosts_[host].changes;
  hosts_[host].since = loop_.now();
  share(hosts_[host]);
  for (WorldListener* listener : listeners_)
    listener->power_changed(host);
}

}  // namespace drivers::sim
