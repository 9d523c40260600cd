#include "drivers/sim/sim_hypervisor.h"

#include <utility>

namespace drivers::sim {

using actors::ports::DomainLook;
using actors::ports::Done;
using actors::ports::MigrateCall;
using reactor::Errc;
using reactor::Error;
using reactor::Unit;

namespace {

constexpr Duration kConnects{50};
constexpr Duration kAnswers{5};
constexpr Duration kEventArrives{2};
constexpr Duration kKeepaliveGivesUp{6'000};  // conf.yaml: libvirt.keepalive_*
constexpr Duration kRefuses{50};

}  // namespace

SimHypervisor::SimHypervisor(reactor::Scheduler& loop, World& world, Migrator& migrator,
                             const Faults& faults)
    : loop_(loop), world_(world), migrator_(migrator), faults_(faults) {
  world.add(*this);
  migrator.on_stats([this](std::size_t source, const actors::ports::MigrationStats& stats) {
    loop_.after(kEventArrives, [this, source, stats] {
      if (linked_.contains(source)) listener_->stats(stats);
    });
  });
}

bool SimHypervisor::answers(std::size_t host) const {
  const Host& there = world_.hosts()[host];
  return there.power == HostPower::awake &&
         !faults_.now(FaultKind::link_lost, there.model.plan.name);
}

void SimHypervisor::open(const HostId& host, const std::string& /*uri*/) {
  const auto place = world_.find(host);
  if (!place) return;
  wanted_.insert(*place);
  connect(*place);
}

void SimHypervisor::close(const HostId& host) {
  const auto place = world_.find(host);
  if (!place) return;
  wanted_.erase(*place);
  linked_.erase(*place);
}

void SimHypervisor::connect(std::size_t host) {
  loop_.after(kConnects, [this, host] {
    if (!wanted_.contains(host) || !answers(host) || !linked_.insert(host).second) return;
    std::vector<DomainLook> looks;
    for (const Domain& domain : world_.hosts()[host].domains)
      looks.push_back(world_.look(host, domain.vm));
    listener_->linked(world_.hosts()[host].model.plan.name, std::move(looks));
  });
}

void SimHypervisor::lose(std::size_t host) {
  loop_.after(kKeepaliveGivesUp, [this, host] {
    if (answers(host) || linked_.erase(host) == 0) return;
    const HostId& name = world_.hosts()[host].model.plan.name;
    listener_->unlinked(name, name.text + " did not answer 3 keepalives in 6 s");
  });
}

void SimHypervisor::check_links() {
  for (std::size_t host = 0; host < world_.hosts().size(); ++host)
    power_changed(host);
}

void SimHypervisor::power_changed(std::size_t host) {
  if (!wanted_.contains(host)) return;
  if (answers(host)) return connect(host);
  lose(host);
}

void SimHypervisor::happened(std::size_t host, std::size_t vm, actors::ports::News news) {
  if (!answers(host)) return;
  loop_.after(kEventArrives, [this, host, vm, news] {
    if (linked_.contains(host))
      listener_->news({world_.hosts()[host].model.plan.name, world_.vms()[vm].id, news});
  });
}

std::optional<std::size_t> SimHypervisor::linked(const HostId& host) const {
  const auto place = world_.find(host);
  return place && linked_.contains(*place) && answers(*place) ? place : std::nullopt;
}

template <class T>
void SimHypervisor::answer_unreachable(const HostId& host, const Done<T>& done) {
  loop_.after(kAnswers, [host, done] {
    done(Error{Errc::unreachable, "libvirt of " + host.text + ": no link"});
  });
}

void SimHypervisor::look_up(const HostId& host, const VmId& vm, Done<DomainLook> done) {
  const auto place = linked(host);
  if (!place) return answer_unreachable(host, done);
  const auto known = world_.find(vm);
  loop_.after(kAnswers, [this, place, vm, known, done = std::move(done)] {
    done(known ? world_.look(*place, *known) : DomainLook{.vm = vm});
  });
}

void SimHypervisor::describe(const HostId& host, const VmId& vm, Done<std::string> done) {
  const auto place = linked(host);
  if (!place) return answer_unreachable(host, done);
  const auto known = world_.find(vm);
  const bool there = known && world_.domain(*place, *known);
  loop_.after(kAnswers, [vm, there, done = std::move(done)] {
    if (there) return done("<domain><uuid>" + vm.text + "</uuid></domain>");
    done(Error{Errc::refused, "Domain not found: " + vm.text});
  });
}

void SimHypervisor::migrate(const MigrateCall& call, Done<Unit> done) {
  if (!linked(call.source)) return answer_unreachable(call.source, done);
  loop_.after(kRefuses, [this, call, done = std::move(done)] { migrate_now(call, done); });
}

void SimHypervisor::migrate_now(const MigrateCall& call, const Done<Unit>& done) {
  const auto vm = world_.find(call.vm);
  const auto source = world_.find(call.source), target = world_.find(call.target);
  if (!vm || !source || !target) return done(Error{Errc::refused, "Domain or host not found"});
  if (faults_.now(FaultKind::migration_refused, call.source))
    return done(Error{Errc::refused, "migrating " + world_.vms()[*vm].model.name + " from " +
                                         call.source.text +
                                         ": operation is not supported by this hypervisor"});
  migrator_.begin(*vm, *source, *target, call.mode, done);
}

void SimHypervisor::abort(const HostId& source, const VmId& vm, Done<Unit> done) {
  if (!linked(source)) return answer_unreachable(source, done);
  loop_.after(kAnswers, [this, vm, done = std::move(done)] {
    const auto known = world_.find(vm);
    if (!known) return done(Error{Errc::refused, "Domain not found: " + vm.text});
    done(migrator_.abort(*known));
  });
}

}  // namespace drivers::sim
