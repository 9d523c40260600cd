// The hosts of a pool as its controller reaches them: real ones, or those of a scenario.
#pragma once

#include <memory>

#include "actors/ports/host_wake.h"
#include "actors/ports/hypervisor.h"
#include "drivers/config/config.h"
#include "drivers/redis/endpoint.h"
#include "drivers/sim/scenario.h"
#include "reactor/loop.h"

namespace commands {

class PoolHosts {
 public:
  virtual ~PoolHosts() = default;
  virtual actors::ports::Hypervisor& hypervisor() = 0;
  virtual actors::ports::HostWake& wake() = 0;
  /// The settings were read again.
  virtual void configure(const drivers::config::Loaded& config) = 0;
};

std::unique_ptr<PoolHosts> real_hosts(reactor::Loop& loop, const drivers::config::Loaded& config,
                                      actors::ports::HypervisorListener& domains);

/// In real time from now on; their agents write to our own Redis at `redis`.
std::unique_ptr<PoolHosts> simulated_hosts(reactor::Loop& loop,
                                           const drivers::config::Loaded& config,
                                           const drivers::sim::Scenario& scenario,
                                           const drivers::redis::Endpoint& redis,
                                           actors::ports::HypervisorListener& domains);

/// Since 1970; for people only.
reactor::Duration wall_clock();

}  // namespace commands
