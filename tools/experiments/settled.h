// Whether a pool in which nothing fails any more has come to rest.
#pragma once

#include <string>
#include <vector>

#include "actors/director/director.h"
#include "drivers/sim/models.h"

namespace experiments {

namespace sim = drivers::sim;

/// What keeps it from that, "what: who" each: every VM runs once and the director knows where (or
/// it is lost, and the director knows that, and if it was moving so do people), no ticket is out
/// and nobody waits in a queue, no definition of a VM that is whole is kept, hosts are awake or
/// asleep, and asleep if they may and nothing is on them.
std::vector<std::string> unsettled(const sim::Models& models, const actors::Director& director);

}  // namespace experiments
