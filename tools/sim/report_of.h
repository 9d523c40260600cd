// The report of a whole result, for tools/report.
#pragma once

#include "tools/sim/campaign.h"

namespace sim_tool {

/// `rows`: those of `results`, compared with their baselines. The recordings are moved out.
report::Report report_of(const Plan& plan, std::vector<RunResult>& results,
                         const std::vector<experiments::RunSummary>& rows);

}  // namespace sim_tool
