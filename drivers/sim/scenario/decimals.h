// Numbers of scenario files that may have a point, which those of conf.yaml may not: "0.05%" of a
// core, since the paper's idle VMs use less than a thousandth of one, and "89.4W". Integers inside.
#pragma once

#include <optional>
#include <string>

#include "drivers/sim/scenario.h"

namespace drivers::sim {

/// None: no such number. At most four places after the point, at most 100 000 %.
std::optional<Ucores> parse_percent(std::string_view text);
/// Milliwatts; at most three places after the point, at most 1 000 000 W.
std::optional<std::int64_t> parse_watts(std::string_view text);

/// What is wrong with the text, if anything.
std::optional<std::string> bad_percent(const std::string& text);
std::optional<std::string> bad_watts(const std::string& text);

}  // namespace drivers::sim
