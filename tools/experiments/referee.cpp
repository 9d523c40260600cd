#include "tools/experiments/referee.h"

#include <algorithm>
#include <utility>

#include "tools/experiments/seconds.h"

namespace experiments {

using namespace drivers::sim;

using actors::ports::DomainLook;
using actors::ports::DomainState;
using actors::ports::Done;
using actors::ports::MigrateCall;
using actors::ports::News;
using reactor::Unit;

Referee::Referee(const reactor::Scheduler& loop, Models& models, const actors::Settings& settings)
    : loop_(loop), models_(models), settings_(settings) {
  models.world().add(*this);
}

void Referee::broke(const std::string& rule, const std::string& who) {
  broken_.push_back(seconds(loop_.now()) + " " + rule + ": " + who);
}

bool Referee::in_use(std::size_t host) const {
  return !models_.world().hosts()[host].domains.empty() || models_.migrator().involves(host);
}

void Referee::happened(std::size_t host, std::size_t vm, News news) {
  hosts_changed_.insert(host);
  vms_changed_.insert(vm);
  const bool arrived = news == News::stopped_migrated;
  if (arrived || news == News::stopped_failed) ended_[vm] = {loop_.now(), arrived};
}

void Referee::controller_starts() {
  std::erase_if(ended_, [](const auto& entry) { return !entry.second.arrived; });
}

void Referee::open(const HostId& host, const std::string& uri) {
  models_.hypervisor().open(host, uri);
}

void Referee::close(const HostId& host) {
  models_.hypervisor().close(host);
}

void Referee::look_up(const HostId& host, const VmId& vm, Done<DomainLook> done) {
  models_.hypervisor().look_up(host, vm, std::move(done));
}

void Referee::describe(const HostId& host, const VmId& vm, Done<std::string> done) {
  models_.hypervisor().describe(host, vm, std::move(done));
}

void Referee::survey(const actors::ports::SurveyCall& call, Done<actors::ports::Survey> done) {
  models_.hypervisor().survey(call, std::move(done));
}

// Invariants 2, 3, 5.
void Referee::migrate(const MigrateCall& call, Done<Unit> done) {
  ++migrations_;
  const std::size_t vm = *models_.world().find(call.vm);
  if (models_.migrator().migrating(vm)) broke("a VM in two migrations", call.vm.text());
  if (models_.stream().gone()) broke("a migration while blind", call.vm.text());
  const auto ended = ended_.find(vm);
  const auto hold = std::min(settings_.hold_server, settings_.hold_warehouse);
  if (ended != ended_.end() && loop_.now() - ended->second.at < hold)
    broke("moved within its hold", call.vm.text());
  models_.hypervisor().migrate(call, std::move(done));
}

void Referee::pause_postcopy(const HostId& source, const VmId& vm, Done<Unit> done) {
  models_.hypervisor().pause_postcopy(source, vm, std::move(done));
}

void Referee::resume_postcopy(const MigrateCall& call, Done<Unit> done) {
  models_.hypervisor().resume_postcopy(call, std::move(done));
}

void Referee::suspend(const HostId& host, const VmId& vm, Done<Unit> done) {
  models_.hypervisor().suspend(host, vm, std::move(done));
}

// Invariant 4.
void Referee::destroy(const HostId& host, const VmId& vm, Done<Unit> done) {
  if (!models_.world().vms()[*models_.world().find(vm)].runs_nowhere())
    broke("destroyed", vm.text());
  models_.hypervisor().destroy(host, vm, std::move(done));
}

void Referee::start(const HostId& host, const std::string& xml, Done<Unit> done) {
  models_.hypervisor().start(host, xml, std::move(done));
}

void Referee::switch_over(const HostId& source, const VmId& vm, Done<Unit> done) {
  models_.hypervisor().switch_over(source, vm, std::move(done));
}

void Referee::abort(const HostId& source, const VmId& vm, Done<Unit> done) {
  const auto here = models_.world().find(source);
  const Domain* domain = models_.world().domain(*here, *models_.world().find(vm));
  if (domain && domain->state == DomainState::paused_postcopy)
    broke("abort of a migration that has switched", vm.text());
  models_.hypervisor().abort(source, vm, std::move(done));
}

// Invariants 1, 5.
void Referee::give(const HostId& host, const actors::ports::Order& order,
                   Done<actors::OrderId> done) {
  if (order.kind == actors::ports::OrderKind::suspend) {
    ++suspends_;
    if (in_use(*models_.world().find(host))) broke("told to sleep while in use", host.text);
    if (models_.stream().gone()) broke("told to sleep while blind", host.text);
  }
  models_.orders().give(host, order, std::move(done));
}

// Invariants 1, 2: what is so whatever led to it.
void Referee::check(const actors::Director& director) {
  for (const std::size_t host : hosts_changed_)
    check_host(host);
  for (const std::size_t vm : vms_changed_)
    check_vm(vm);
  hosts_changed_.clear();
  vms_changed_.clear();
  check_desks(director.pool());
}

// A ticket is out only for a VM that returns.
void Referee::check_desks(const actors::Pool& pool) {
  for (const VmId& vm : pool.in_state(actors::VmState::returning)) {
    const auto host = pool.hosts.find(pool.vms.at(vm).actor.target());
    if (host == pool.hosts.end()) continue;
    const actors::AdmissionDesk& desk = host->second.desk;
    if (desk.tickets_out() > settings_.tickets) broke("too many tickets out", host->first.text);
    if (desk.promised().cpu.count < 0) broke("a promise below zero", host->first.text);
  }
}

// What has no power holds nothing: its part in a migration is gone too.
void Referee::check_host(std::size_t host) {
  const Host& there = models_.world().hosts()[host];
  if (there.power == HostPower::awake || there.power == HostPower::off) return;
  if (in_use(host)) broke("not awake while in use", there.model.plan.name.text);
}

void Referee::check_vm(std::size_t vm) {
  const World& world = models_.world();
  const Vm& known = world.vms()[vm];
  const auto running = std::ranges::count_if(
      known.on, [&](std::size_t host) { return executes(*world.domain(host, vm)); });
  const bool none_may = known.runs_nowhere() || models_.migrator().migrating(vm);
  if (running > 1 || (running == 0 && !none_may))
    broke("runs " + std::to_string(running) + " times", known.model.name);
}

}  // namespace experiments
