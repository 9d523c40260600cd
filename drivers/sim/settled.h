// Whether a pool in which nothing fails any more has come to rest.
#pragma once

#include <string>
#include <vector>

#include "actors/director/director.h"
#include "drivers/sim/models.h"

namespace drivers::sim {

/// What keeps it from that, "what: who" each: every VM runs once and the director knows where (or
/// it is lost, and the director knows that), no ticket is out and nobody waits in a queue, hosts
/// are awake or asleep, and asleep if they may and nothing is on them.
std::vector<std::string> unsettled(const Models& models, const actors::Director& director);

}  // namespace drivers::sim
