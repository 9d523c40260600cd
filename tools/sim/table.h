// The result as a table for a terminal: Table IV of the paper, and what else it costs.
#pragma once

#include <string>
#include <vector>

#include "tools/experiments/books.h"

namespace sim_tool {

/// A line a kind; with several seeds the median, and under it where 10 % and 90 % of them lie; the
/// paper's figures under those that it has.
std::string table_of(const std::vector<experiments::RunSummary>& rows,
                     const std::vector<drivers::sim::PaperFigure>& paper);

}  // namespace sim_tool
