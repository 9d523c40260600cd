// Looks at the simulated world once a second and sums up what VMs lacked (sla.h).
#pragma once

#include "drivers/sim/migrator.h"
#include "drivers/sim/sla.h"

namespace drivers::sim {

class SlaWatch {
 public:
  /// Both must outlive it.
  SlaWatch(World& world, const Migrator& migrator);

  /// To be called at each whole second, from zero on.
  void look(Instant now);
  const SlaSums& sums() const { return sums_; }

 private:
  void look_at_host(const Host& host, Duration passed);
  void look_at_vm(std::size_t place, Duration passed);

  World& world_;
  const Migrator& migrator_;
  SlaSums sums_;
  Instant looked_{};
  std::vector<std::int64_t> lost_ns_;  ///< of each VM, as of then
};

}  // namespace drivers::sim
