#include "tools/commands/pool_hosts.h"

#include <chrono>

#include "drivers/libvirt/hypervisor.h"
#include "drivers/power/way_maker.h"
#include "drivers/sim_live/live_world.h"

namespace commands {

using drivers::config::Loaded;

namespace {

class RealHosts final : public PoolHosts {
 public:
  RealHosts(reactor::Loop& loop, const Loaded& config, actors::ports::HypervisorListener& domains)
      : ways_(loop),
        wake_(loop, ways_.make(config.drivers.wake), config.drivers.wake.operations),
        hypervisor_(loop, config.drivers.libvirt, domains) {}

  actors::ports::Hypervisor& hypervisor() override { return hypervisor_; }
  actors::ports::HostWake& wake() override { return wake_; }
  void configure(const Loaded& config) override {
    wake_.configure(ways_.make(config.drivers.wake), config.drivers.wake.operations);
  }

 private:
  drivers::power::WayMaker ways_;
  drivers::power::Waker wake_;
  drivers::libvirt::Hypervisor hypervisor_;
};

class SimulatedHosts final : public PoolHosts {
 public:
  SimulatedHosts(reactor::Loop& loop, const drivers::sim::Scenario& scenario,
                 const drivers::sim_live::RedisAccess& access,
                 actors::ports::HypervisorListener& domains)
      : world_(loop, scenario, access, wall_clock(), domains) {}

  actors::ports::Hypervisor& hypervisor() override { return world_.hypervisor(); }
  actors::ports::HostWake& wake() override { return world_.wake(); }
  void configure(const Loaded& /*config*/) override {}

 private:
  drivers::sim_live::LiveWorld world_;
};

}  // namespace

std::unique_ptr<PoolHosts> real_hosts(reactor::Loop& loop, const Loaded& config,
                                      actors::ports::HypervisorListener& domains) {
  return std::make_unique<RealHosts>(loop, config, domains);
}

std::unique_ptr<PoolHosts> simulated_hosts(reactor::Loop& loop, const Loaded& config,
                                           const drivers::sim::Scenario& scenario,
                                           const drivers::redis::Endpoint& redis,
                                           actors::ports::HypervisorListener& domains) {
  const drivers::sim_live::RedisAccess access{.endpoint = redis,
                                              .secrets = config.drivers.state_dir + "/secrets",
                                              .pool = config.settings.pool};
  return std::make_unique<SimulatedHosts>(loop, scenario, access, domains);
}

reactor::Duration wall_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<reactor::Duration>(now);
}

}  // namespace commands
