// Faults by chance, for any pool.
#pragma once

#include <vector>

#include "drivers/sim/scenario.h"
#include "reactor/random.h"

namespace experiments {

namespace sim = drivers::sim;

/// `rate` of them a minute in the mean, of any kind, each of the management node or of one of the
/// scenario's hosts; all are over at `calm`. The scenario's own ones go on beside them: none of the
/// same kind falls into one of these. `rate` <= 0: none.
std::vector<sim::Fault> draw_faults(reactor::Random random, std::int64_t rate,
                                    const sim::Scenario& scenario, reactor::Duration calm);

}  // namespace experiments
