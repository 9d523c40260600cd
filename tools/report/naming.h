// Which hosts and VMs a page shows by name: as many as an eye can tell apart. The rest is summed.
#pragma once

#include "tools/report/report.h"

namespace report {

inline constexpr std::size_t kNamedVms = 9;  ///< colours that can be told apart
inline constexpr std::size_t kNamedHosts = 24;

/// Places in Pool, rising. The same ones in all pictures of a report.
struct Naming {
  std::vector<std::int32_t> hosts, vms;
};

/// Those that used most CPU in all recordings together; of equals the first in the pool.
Naming choose_names(const Report& report);

}  // namespace report
