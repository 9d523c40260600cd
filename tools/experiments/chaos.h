// Chaos: faults drawn from a seed; then they stop, and all of it has to settle. The proof that no
// mix of what can go wrong leaves the pool stuck (DESIGN.md §8, §9).
//
// On a pool and a load that the seed draws too: 6 to 20 hosts for five simulated minutes, faults in
// the first three, then calm. Or on a given scenario: faults for all of its length, then calm. The
// same seed makes the same run, on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "drivers/sim/scenario.h"

namespace experiments {

namespace sim = drivers::sim;

class Simulation;

/// `rate`: faults per minute in the whole pool, in the mean; 0: none.
struct ChaosSeed {
  std::int64_t seed = 1;
  std::int64_t rate = 12;
};

/// What is wrong with a run is told as "SECONDS what: who".
struct ChaosOutcome {
  std::vector<std::string> broken;     ///< rules of DESIGN.md §8, as the referee saw them
  std::vector<std::string> unsettled;  ///< at the end
  std::uint64_t journal_hash = 0;      ///< of every byte of it (FNV-1a)
  std::int64_t faults = 0, migrations = 0, suspends = 0, lost = 0;
  bool ok() const { return broken.empty() && unsettled.empty(); }
};

sim::Scenario chaos_scenario(ChaosSeed seed);
/// The scenario with faults of the seed beside its own ones, which end with them at its old end;
/// from there on loads stay as they are, for as long as what was begun may take (its settings'
/// limits and back-offs, one after the other).
sim::Scenario with_chaos(sim::Scenario scenario, ChaosSeed seed);
ChaosOutcome run_chaos(ChaosSeed seed);
/// Runs it on till nothing is left that was wrong at each look of its last forty seconds, a look a
/// second; says what is. Steady loads may have some migration under way at any one moment, and a
/// precopy that was given up is tried again after its cool-down; nothing of that lasts. Where a
/// precopy may take longer, the looks begin earlier.
std::vector<std::string> come_to_rest(Simulation& run, const sim::Scenario& scenario);

/// What repeats the run, for who reads of its failure.
std::string chaos_command(ChaosSeed seed);

}  // namespace experiments
