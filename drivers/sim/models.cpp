#include "drivers/sim/models.h"

#include <utility>

namespace drivers::sim {

Models::Models(reactor::Scheduler& loop, const Scenario& scenario, Duration wall,
               AgentOutlet* outlet)
    : loop_(loop),
      faults_(loop, scenario.faults),
      world_(loop, scenario),
      migrator_(loop, world_, scenario.link),
      stream_(loop, faults_, wall),
      hypervisor_(loop, world_, migrator_, faults_),
      wake_(loop, world_, faults_),
      agents_({loop, world_, migrator_, outlet ? *outlet : stream_, faults_, wall}, stream_),
      meter_(loop, world_, scenario.switches) {}

void Models::start(actors::ports::HypervisorListener& domains) {
  hypervisor_.tell(domains);
  agents_.start();
  for (const Fault& fault : faults_.all()) {
    const auto now = loop_.now().time_since_epoch();
    loop_.after(fault.at - now, [this, &fault] { begins(fault); });
    if (fault.until < Duration::max())
      loop_.after(fault.until - now, [this, &fault] { ends(fault); });
  }
}

void Models::on_controller(std::function<void()> kill, std::function<void()> start) {
  kill_controller_ = std::move(kill);
  start_controller_ = std::move(start);
}

void Models::begins(const Fault& fault) {
  const std::size_t host = world_.find(fault.host).value_or(0);
  if (fault.kind == FaultKind::host_crash) {
    world_.crash(host);
    migrator_.host_died(host);
  }
  if (fault.kind == FaultKind::libvirtd_killed) {
    migrator_.daemon_died(host);
    hypervisor_.reset(host);
  }
  if (fault.kind == FaultKind::guest_off) shut_one_down(host);
  if (fault.kind == FaultKind::controller_killed) kill_controller_();
  faults_changed();
}

void Models::shut_one_down(std::size_t host) {
  const Host& there = world_.hosts()[host];
  std::optional<std::size_t> chosen;
  for (const Domain& domain : there.domains) {
    if (there.power != HostPower::awake || !executes(domain)) continue;
    if (!chosen || migrator_.migrating(domain.vm)) chosen = domain.vm;
  }
  if (!chosen) return;
  world_.shut_down(host, *chosen);
  migrator_.guest_shut_down(*chosen, host);
}

// Unless another one of the kind goes on there. A link to the host as it was before is none.
void Models::ends(const Fault& fault) {
  if (faults_.now(fault.kind, fault.host)) return;
  if (fault.kind == FaultKind::controller_killed) start_controller_();
  if (fault.kind == FaultKind::redis_emptied) stream_.empty();
  if (fault.kind == FaultKind::host_crash) {
    const std::size_t host = *world_.find(fault.host);
    world_.boot(host);
    hypervisor_.reset(host);
  }
  faults_changed();
  if (fault.kind == FaultKind::redis_gone || fault.kind == FaultKind::redis_emptied)
    agents_.reconnected();
}

// Most faults are met where something is tried; these are noticed by themselves.
void Models::faults_changed() {
  hypervisor_.check_links();
  stream_.check();
  agents_.check();
  for (std::size_t host = 0; host < world_.hosts().size(); ++host)
    hold(host);
}

void Models::hold(std::size_t host) {
  const HostId& name = world_.hosts()[host].model.plan.name;
  migrator_.hold(host, faults_.now(FaultKind::migration_stalled, name),
                 faults_.now(FaultKind::migration_cut, name));
  migrator_.deafen(host, who_notices(name));
  if (faults_.now(FaultKind::postcopy_broken, name)) migrator_.break_postcopies(host);
}

Migrator::Notices Models::who_notices(const HostId& host) const {
  if (faults_.now(FaultKind::half_open, host)) return Migrator::Notices::neither;
  return faults_.now(FaultKind::half_told, host) ? Migrator::Notices::libvirt
                                                 : Migrator::Notices::both;
}

}  // namespace drivers::sim
