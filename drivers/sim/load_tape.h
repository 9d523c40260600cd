// One VM's load as it unfolds, change by change. What is drawn by chance comes from the VM's own
// generator, so it is the same whatever else happens in a run, and without a controller too.
#pragma once

#include <optional>

#include "drivers/sim/scenario.h"
#include "reactor/random.h"

namespace drivers::sim {

class LoadTape {
 public:
  explicit LoadTape(reactor::Random random) : random_(random) {}

  /// The next change, later than the one before; none: the load stays as it is. `model`: the same
  /// one each time.
  std::optional<LoadStep> next(const LoadModel& model);

 private:
  std::optional<LoadStep> next(const std::vector<LoadStep>& steps);
  std::optional<LoadStep> next(const LoadModes& modes);
  std::optional<LoadStep> next(const LoadTrace& trace);

  reactor::Random random_;
  std::size_t place_ = 0;  ///< of the next one in a list
  Duration at_{};          ///< of the next mode
};

}  // namespace drivers::sim
