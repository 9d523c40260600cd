// What a host draws, from what it does. Pure.
#pragma once

#include "drivers/sim/scenario.h"

namespace drivers::sim {

/// Milliwatts of an awake host that uses `used` of `capacity`, which is above 0. More than that, of
/// a host with more cores than its capacity says, costs as the last step does: the paper's line
/// (footnote 1) has no end, and Figure 6 shows hosts at 140 %.
std::int64_t awake_power(const PowerModel& model, Ucores used, Ucores capacity);

}  // namespace drivers::sim
