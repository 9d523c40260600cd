#include "drivers/sim/power.h"

#include <algorithm>

namespace drivers::sim {

std::int64_t awake_power(const PowerModel& model, Ucores used, Ucores capacity) {
  const auto steps = static_cast<std::int64_t>(model.awake.size()) - 1;
  const std::int64_t scaled = used * steps;
  const std::int64_t step = std::min(scaled / capacity, steps - 1);
  const std::int64_t from = model.awake[static_cast<std::size_t>(step)];
  const std::int64_t to = model.awake[static_cast<std::size_t>(step) + 1];
  return from + (to - from) * (scaled - step * capacity) / capacity;
}

}  // namespace drivers::sim
