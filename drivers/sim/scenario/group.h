// Groups of like hosts or VMs: `name: vm{n}, count: 100` stands for vm0 to vm99.
#pragma once

#include <optional>
#include <string>

#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

inline constexpr std::int64_t kMostOfAGroup = 1'000'000;

/// What is wrong with a name that may have `{n}` in it, or nothing.
std::optional<std::string> bad_pattern(const std::string& text);

bool is_pattern(const std::string& name);

/// The name of number `n`; a name without `{n}` stays as it is.
std::string numbered(const std::string& pattern, std::int64_t n);

/// A fault where a number of them has no `{n}` to tell them apart.
void check_group(Reading& in, const YAML::Node& node, const std::string& label,
                 const std::string& name);

}  // namespace drivers::sim
