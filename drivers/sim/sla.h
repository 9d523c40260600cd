// How much less VMs got than they asked for, by the two measures of Beloglazov and Buyya 2012
// ("Optimal online deterministic algorithms and adaptive heuristics for energy and performance
// efficient dynamic consolidation of virtual machines in Cloud data centers"), so that a run can be
// held against published ones. Pure sums.
#pragma once

#include <cstdint>
#include <optional>

#include "reactor/time.h"

namespace drivers::sim {

/// Of one host or of many together; nanoseconds of CPU time reach for 100 000 core-days.
struct Sla {
  reactor::Duration awake{};             ///< time of hosts that are awake
  reactor::Duration lacking{};           ///< of it, while a VM there got less than it asked for
  std::int64_t asked_ns = 0;             ///< CPU time that VMs asked for
  std::int64_t lacked_migrating_ns = 0;  ///< of it, what those that migrate did not get

  Sla& operator+=(const Sla& other);

  /// Percent of the awake hosts' time in which the VMs on one got less than they asked for. None:
  /// no host was awake.
  std::optional<double> slatah_pct() const;
  /// Percent of the CPU asked for that VMs lacked while they migrated. None: none was asked for.
  std::optional<double> pdm_pct() const;
};

}  // namespace drivers::sim
