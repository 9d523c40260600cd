#include "drivers/sim/power.h"

#include <algorithm>

namespace drivers::sim {

std::int64_t awake_power(const PowerModel& model, Ucores used, Ucores capacity) {
  const auto steps = static_cast<std::int64_t>(model.awake.size()) - 1;
  const std::int64_t scaled = std::clamp(used, Ucores{0}, capacity) * steps;
  const std::int64_t step = std::min(scaled / capacity, std::max(steps - 1, std::int64_t{0}));
  const std::int64_t from = model.awake[static_cast<std::size_t>(step)];
  if (steps == 0) return from;
  const std::int64_t to = model.awake[static_cast<std::size_t>(step) + 1];
  return from + (to - from) * (scaled - step * capacity) / capacity;
}

}  // namespace drivers::sim
