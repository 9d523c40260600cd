// nemuri sim: a scenario in virtual time, once or many times; a table, and files in a folder.
#pragma once

#include "tools/sim/options.h"

namespace sim_tool {

/// The exit code: 0 all runs kept the invariants, 1 one did not or a file could not be written,
/// 2 the wishes or the scenario are wrong (nothing was run, nothing written).
int simulate(const SimOptions& options);

}  // namespace sim_tool
