// The simulated hosts of a scenario in real time: their agents speak to a real Redis, so all but
// the hosts is as in production.
#pragma once

#include "drivers/sim/models.h"
#include "drivers/sim_live/redis_agents.h"
#include "drivers/sim_live/since_start.h"

namespace drivers::sim_live {

class LiveWorld {
 public:
  /// `wall`: what the wall clock says now. `domains` hears what libvirt would say.
  LiveWorld(reactor::Loop& loop, const sim::Scenario& scenario, const RedisAccess& access,
            reactor::Duration wall, actors::ports::HypervisorListener& domains);

  actors::ports::Hypervisor& hypervisor() { return models_.hypervisor(); }
  actors::ports::HostWake& wake() { return models_.wake(); }

 private:
  SinceStart clock_;
  RedisAgents agents_;
  sim::Models models_;
};

}  // namespace drivers::sim_live
