// What a host draws, from what it does. Pure.
#pragma once

#include "drivers/sim/scenario.h"

namespace drivers::sim {

/// Milliwatts of an awake host that uses `used` of `capacity`, which is above 0.
std::int64_t awake_power(const PowerModel& model, Ucores used, Ucores capacity);

}  // namespace drivers::sim
