// A scenario of any size for measuring: one host in five a warehouse node, ten VMs a host.
#pragma once

#include <string>

#include "drivers/sim/scenario.h"

namespace fleet {

using drivers::sim::Duration;

inline constexpr int kHostsPerWarehouse = 5, kVmsPerWarehouse = 50;
inline constexpr std::int64_t kGib = 1 << 20;  ///< in KiB

/// Mostly idle, sometimes busy, for five minutes each, as PlanetLab's VMs are: 12 % of a core on
/// average.
inline drivers::sim::LoadModes load() {
  constexpr drivers::sim::Ucores kPercent = 10'000;
  return {.active_pct = 5,
          .active_from = 60 * kPercent,
          .active_to = 100 * kPercent,
          .idle_from = 1 * kPercent,
          .idle_to = 15 * kPercent,
          .lasts_from = Duration{200'000},
          .lasts_to = Duration{400'000}};
}

inline drivers::sim::HostModel host(int place) {
  const bool warehouse = place % kHostsPerWarehouse == 0;
  drivers::sim::HostModel out;
  out.plan.name = {"host" + std::to_string(place)};
  out.plan.role = warehouse ? actors::Role::warehouse : actors::Role::server;
  out.cores = warehouse ? 8 : 2;
  out.capacity = {out.cores * 1'000};
  out.memory = {(warehouse ? 64 : 4) * kGib};
  out.asleep = !warehouse;
  return out;
}

inline drivers::sim::Scenario scenario(int hosts, Duration length) {
  drivers::sim::Scenario out;
  out.link.bytes_s = 125'000'000;
  out.length = length;
  for (int place = 0; place < hosts; ++place) {
    out.hosts.push_back(host(place));
    out.settings.hosts.push_back(out.hosts.back().plan);
    for (int vm = 0; !out.hosts.back().asleep && vm < kVmsPerWarehouse; ++vm)
      out.vms.push_back({.name = "vm" + std::to_string(out.vms.size()),
                         .on = out.hosts.back().plan.name,
                         .memory = {kGib},
                         .load = load()});
  }
  return out;
}

}  // namespace fleet
