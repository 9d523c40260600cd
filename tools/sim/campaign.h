// Many runs of a scenario, several at once, their results in the order in which they stand in the
// plan whatever ends first.
#pragma once

#include <functional>
#include <optional>

#include "tools/experiments/experiment.h"
#include "tools/report/report.h"
#include "tools/sim/result_folder.h"

namespace sim_tool {

struct PlannedRun {
  std::int64_t seed = 0;
  drivers::sim::RunKind kind{};
  bool asked = true;      ///< false: a baseline that others are held against
  bool pictured = false;  ///< its seconds are kept
  std::string repeat;     ///< the command that repeats it
};

struct Plan {
  drivers::sim::Scenario scenario;  ///< of the first run
  std::function<drivers::sim::Scenario(std::int64_t seed)> of_seed;
  bool must_settle = false;  ///< at the end of each run
  std::vector<PlannedRun> runs;
  int at_once = 1;
  std::string command;  ///< makes all of it again
  std::optional<ResultFolder> out;
  bool journal = false;  ///< into `out`
};

struct RunResult {
  experiments::RunSummary summary;
  std::vector<std::string> broken;             ///< what must never be
  std::string failure;                         ///< its files could not be written; empty: they were
  std::optional<report::Recording> recording;  ///< of a pictured run
};

/// Seconds of virtual time, of all runs together; called on the calling thread, now and then.
using OnProgress = std::function<void(std::int64_t done, std::int64_t all)>;

/// One result a run, in the order of the plan.
std::vector<RunResult> carry_out(const Plan& plan, const OnProgress& on_progress);

}  // namespace sim_tool
