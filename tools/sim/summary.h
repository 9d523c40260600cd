// summary.json, and the figures of several seeds together.
#pragma once

#include <string>
#include <vector>

#include "tools/experiments/books.h"

namespace sim_tool {

/// {"runs":[{...}]}: what can't be said is null. README.md of tests/scenarios lists the fields.
std::string summary_json(const std::vector<experiments::RunSummary>& rows);

/// saved_pct and eliminated_pct of rows whose seed has the baselines among them too.
void compare_with_baselines(std::vector<experiments::RunSummary>& rows);

/// The paper's figures as rows of their own: what was saved follows from its energies.
std::vector<experiments::RunSummary> paper_rows(
    const std::vector<drivers::sim::PaperFigure>& paper);

struct Spread {
  double low = 0, median = 0, high = 0;  ///< 10 %, 50 %, 90 %
};
/// Between the two nearest where it falls between them. None: no values.
std::optional<Spread> spread_of(std::vector<double> values);

}  // namespace sim_tool
