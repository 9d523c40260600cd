#include "drivers/sim/cpu_share.h"

#include <algorithm>
#include <numeric>

namespace drivers::sim {

std::vector<std::int64_t> max_min(std::int64_t capacity, const std::vector<std::int64_t>& demands) {
  if (std::accumulate(demands.begin(), demands.end(), std::int64_t{0}) <= capacity) return demands;
  std::vector<std::size_t> by_demand(demands.size());
  std::iota(by_demand.begin(), by_demand.end(), std::size_t{0});
  std::ranges::stable_sort(by_demand, {}, [&](std::size_t i) { return demands[i]; });
  std::vector<std::int64_t> grants(demands.size());
  std::int64_t left = std::max(capacity, std::int64_t{0});
  auto still_waiting = static_cast<std::int64_t>(demands.size());
  for (const std::size_t i : by_demand) {
    grants[i] = std::min(demands[i], left / still_waiting--);
    left -= grants[i];
  }
  return grants;
}

}  // namespace drivers::sim
