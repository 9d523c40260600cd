// The port Meter on the simulated world: each second what every host and switch drew on average
// since the second before, as the paper's watt meters show it (paper §III-B.2), without their ±2 %.
#pragma once

#include "actors/ports/meter.h"
#include "drivers/sim/world.h"

namespace drivers::sim {

class SimMeter final : public actors::ports::Meter {
 public:
  SimMeter(reactor::Scheduler& loop, World& world, std::vector<SwitchModel> switches);

  void watch(actors::ports::MeterListener& listener) override;

 private:
  void read_again();
  void read(const std::string& target, std::int64_t milliwatts);

  reactor::Scheduler& loop_;
  World& world_;
  const std::vector<SwitchModel> switches_;
  std::vector<std::int64_t> energy_uj_;  ///< of each host, at the reading before
  actors::ports::MeterListener* listener_ = nullptr;
};

}  // namespace drivers::sim
