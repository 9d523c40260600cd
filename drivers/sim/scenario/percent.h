// CPU in scenario files: "40%" or "0.05%" of a core, since the paper's idle VMs use less than a
// thousandth of one.
#pragma once

#include <optional>
#include <string>

#include "drivers/sim/scenario.h"

namespace drivers::sim {

/// None: no such number. At most four places after the point, at most 100 000 %.
std::optional<Ucores> parse_percent(std::string_view text);

/// What is wrong with the text, if anything.
std::optional<std::string> bad_percent(const std::string& text);

}  // namespace drivers::sim
