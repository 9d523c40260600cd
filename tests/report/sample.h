// Hand-made reports, as a run of the simulation would give them.
#pragma once

#include <cmath>

#include "tools/report/recorder.h"

namespace tests {

inline report::Pool pool_of(int warehouses, int servers, int vms) {
  report::Pool pool;
  for (int i = 0; i < warehouses + servers; ++i)
    pool.hosts.push_back(
        {"pm" + std::to_string(i), i < warehouses ? "warehouse" : "server", 1'000});
  pool.switches = {"switch0", "switch1"};
  for (int i = 0; i < vms; ++i)
    pool.vms.push_back("vm" + std::to_string(i));
  return pool;
}

inline report::Figures figures(std::int64_t seed, double energy_j, double saved,
                               double eliminated) {
  return {.seed = seed,
          .energy_j = energy_j,
          .saved_pct = saved,
          .eliminated_pct = eliminated,
          .lost_cpu_s = 12.5,
          .migrations = 14,
          .hosts_on_mean = 3.25,
          .downtime_ms_p99 = 212,
          .slatah_pct = 1.25,
          .pdm_pct = 0.0625};
}

inline report::Spread around(double median, double width) {
  return {median - width, median, median + width};
}

inline report::Spreads spreads(const report::Figures& run, double width) {
  return {.energy_j = around(run.energy_j, 1'000 * width),
          .saved_pct = around(*run.saved_pct, width),
          .eliminated_pct = around(*run.eliminated_pct, 4 * width),
          .lost_cpu_s = around(run.lost_cpu_s, width),
          .migrations = around(static_cast<double>(run.migrations), width),
          .hosts_on_mean = around(run.hosts_on_mean, width / 10),
          .downtime_ms_p99 = around(*run.downtime_ms_p99, 3 * width),
          .slatah_pct = around(*run.slatah_pct, width / 100),
          .pdm_pct = around(*run.pdm_pct, width / 1'000)};
}

}  // namespace tests
