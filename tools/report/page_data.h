// A report as the JSON that the page's scripts read (page/data.js). Compact: only hosts and VMs
// that are named, the others summed; numbers in a row as the differences between neighbours.
#pragma once

#include <nlohmann/json.hpp>

#include "tools/report/report.h"

namespace report {

nlohmann::ordered_json page_data(const Report& report);

}  // namespace report
