// How a host's CPU is divided among those who want it: max-min fairly, as a fair scheduler does
// among equals. Nobody gets more than asked; who wants little gets all of it; the others share the
// rest alike. Pure.
#pragma once

#include <cstdint>
#include <vector>

namespace drivers::sim {

/// What each gets, in the order of `demands`, in their unit; together at most `capacity`.
std::vector<std::int64_t> max_min(std::int64_t capacity, const std::vector<std::int64_t>& demands);

}  // namespace drivers::sim
