// The port HostWake on the simulated world: a packet or a BMC's command that reaches a host only
// once it is down, and a power reading.
#pragma once

#include "actors/ports/host_wake.h"
#include "drivers/sim/faults.h"
#include "drivers/sim/world.h"

namespace drivers::sim {

class SimWake final : public actors::ports::HostWake {
 public:
  SimWake(reactor::Scheduler& loop, World& world, const Faults& faults)
      : loop_(loop), world_(world), faults_(faults) {}

  void wake(const HostId& host, int way, actors::ports::Done<reactor::Unit> done) override;
  void read(const HostId& host, actors::ports::Done<actors::ports::Power> done) override;

 private:
  reactor::Scheduler& loop_;
  World& world_;
  const Faults& faults_;
};

}  // namespace drivers::sim
