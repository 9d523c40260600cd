// How much less VMs got than they asked for, by the two measures of Beloglazov and Buyya 2012
// ("Optimal online deterministic algorithms and adaptive heuristics for energy and performance
// efficient dynamic consolidation of virtual machines in Cloud data centers"), so that a run can be
// held against published ones. Pure sums.
#pragma once

#include <cstdint>
#include <optional>

#include "reactor/time.h"

namespace drivers::sim {

/// A stretch in which nothing changed; CPU in any unit, the same in both.
struct HostStretch {
  reactor::Duration lasted{};
  std::int64_t asked = 0, given = 0;  ///< by and to all VMs on it
};
struct VmStretch {
  std::int64_t asked = 0, given = 0;  ///< CPU time
  bool migrating = false;
};

class SlaSums {
 public:
  /// Of a host that is awake.
  void add(const HostStretch& host);
  void add(const VmStretch& vm);

  /// Percent of the awake hosts' time in which the VMs on one got less than they asked for. None:
  /// no host was awake.
  std::optional<double> slatah_pct() const;
  /// Percent of the CPU asked for that VMs lacked while they migrated. None: none was asked for.
  std::optional<double> pdm_pct() const;
  /// Their product, a share of one: 10^-4 of the percents'.
  std::optional<double> slav() const;

 private:
  std::int64_t awake_ms_ = 0, short_ms_ = 0;
  std::int64_t asked_ = 0, lacked_migrating_ = 0;
};

}  // namespace drivers::sim
