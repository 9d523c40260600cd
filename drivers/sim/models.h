// The whole simulated world behind the ports, put together from a scenario.
//
// Written against reactor::Scheduler: in virtual time for simulations and tests, in real time where
// people want to watch. Who runs it makes a controller on ports(), calls start(), and gives the
// controller its ticks and turn ends.
#pragma once

#include <functional>

#include "drivers/sim/sim_agents.h"
#include "drivers/sim/sim_hypervisor.h"
#include "drivers/sim/sim_meter.h"
#include "drivers/sim/sim_wake.h"

namespace drivers::sim {

/// The wall clock at the loop's time zero: a fixed moment, so that runs are equal to the byte.
inline constexpr Duration kWallAtStart{1'700'000'000'000};

class Models {
 public:
  Models(reactor::Scheduler& loop, const Scenario& scenario)
      : Models(loop, scenario, kWallAtStart, nullptr) {}
  /// `wall`: the wall clock at the loop's time zero. `outlet`: where agents write to; none:
  /// stream().
  Models(reactor::Scheduler& loop, const Scenario& scenario, Duration wall, AgentOutlet* outlet);

  /// To be called once, before the loop runs; stream().tell() at each start of a controller.
  void start(actors::ports::HypervisorListener& domains);
  /// What is done at the beginning and at the end of a `controller_killed`.
  void on_controller(std::function<void()> kill, std::function<void()> start);

  SimHypervisor& hypervisor() { return hypervisor_; }
  actors::ports::HostWake& wake() { return wake_; }
  actors::ports::Orders& orders() { return agents_; }
  SimAgents& agents() { return agents_; }
  actors::ports::Meter& meter() { return meter_; }
  SimStream& stream() { return stream_; }
  const SimStream& stream() const { return stream_; }
  const World& world() const { return world_; }
  World& world() { return world_; }
  const Migrator& migrator() const { return migrator_; }
  Migrator& migrator() { return migrator_; }

 private:
  void begins(const Fault& fault);
  void ends(const Fault& fault);
  void shut_one_down(std::size_t host);
  void faults_changed();
  void hold(std::size_t host);
  Migrator::Notices who_notices(const actors::HostId& host) const;

  reactor::Scheduler& loop_;
  Faults faults_;
  std::function<void()> kill_controller_, start_controller_;
  World world_;
  Migrator migrator_;
  SimStream stream_;
  SimHypervisor hypervisor_;
  SimWake wake_;
  SimAgents agents_;
  SimMeter meter_;
};

}  // namespace drivers::sim
