#include "drivers/sim/referee.h"

#include <utility>

#include "drivers/sim/seconds.h"

namespace drivers::sim {

using actors::ports::DomainLook;
using actors::ports::DomainState;
using actors::ports::Done;
using actors::ports::MigrateCall;
using reactor::Result;
using reactor::Unit;

namespace {

bool executes(const Domain& domain) {
  return domain.state == DomainState::running || domain.state == DomainState::running_migrated ||
         domain.state == DomainState::running_postcopy;
}

}  // namespace

void Referee::expect(bool right, const std::string& what) {
  if (!right) broken_.push_back(seconds(loop_.now()) + " " + what);
}

bool Referee::in_use(std::size_t host) const {
  return !models_.world().hosts()[host].domains.empty() || models_.migrator().involves(host);
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

// Invariants 2, 3, 5.
void Referee::migrate(const MigrateCall& call, Done<Unit> done) {
  ++migrations_;
  const auto place = models_.world().find(call.vm);
  expect(!models_.migrator().migrating(*place), "a VM in two migrations: " + call.vm.text);
  expect(!models_.stream().gone(), "a migration while blind: " + call.vm.text);
  const auto ended = ended_.find(call.vm);
  const auto hold = std::min(settings_.hold_server, settings_.hold_warehouse);
  expect(ended == ended_.end() || loop_.now() - ended->second >= hold,
         "moved within its hold: " + call.vm.text);
  models_.hypervisor().migrate(call,
                               [this, vm = call.vm, done = std::move(done)](const auto& result) {
                                 ended_[vm] = loop_.now();
                                 done(result);
                               });
}

void Referee::abort(const HostId& source, const VmId& vm, Done<Unit> done) {
  const auto here = models_.world().find(source);
  const Domain* domain = models_.world().domain(*here, *models_.world().find(vm));
  expect(!domain || domain->state != DomainState::paused_postcopy,
         "abort of a migration that has switched: " + vm.text);
  models_.hypervisor().abort(source, vm, std::move(done));
}

// Invariants 1, 5.
void Referee::give(const HostId& host, const actors::ports::Order& order,
                   Done<actors::OrderId> done) {
  if (order.kind == actors::ports::OrderKind::suspend) {
    ++suspends_;
    expect(!in_use(*models_.world().find(host)), "told to sleep while in use: " + host.text);
    expect(!models_.stream().gone(), "told to sleep while blind: " + host.text);
  }
  models_.orders().give(host, order, std::move(done));
}

// Invariants 1, 2: what is so whatever led to it.
void Referee::check(const actors::Director& director) {
  const auto& world = models_.world();
  std::vector<int> running(world.vms().size());
  for (std::size_t host = 0; host < world.hosts().size(); ++host) {
    const auto& there = world.hosts()[host];
    expect(there.power == HostPower::awake || !in_use(host),
           "not awake while in use: " + there.model.plan.name.text);
    for (const Domain& domain : there.domains)
      running[domain.vm] += executes(domain) ? 1 : 0;
  }
  for (std::size_t vm = 0; vm < running.size(); ++vm)
    expect(running[vm] == 1 || (running[vm] == 0 && models_.migrator().migrating(vm)),
           "runs " + std::to_string(running[vm]) + " times: " + world.vms()[vm].model.name);
  for (const auto& [id, host] : director.pool().hosts) {
    expect(host.desk.tickets_out() <= settings_.tickets, "too many tickets out: " + id.text);
    expect(host.desk.promised().cpu.count >= 0, "a promise below zero: " + id.text);
  }
}

}  // namespace drivers::sim
