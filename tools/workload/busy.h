// Busy time as a task feels it. A wall clock is wrong for that: on an overloaded host the guest
// would count the time it was kept waiting as work done, and its demand would seem to shrink.
#pragma once

#include <cstdint>

namespace workload {

/// Tells work from waiting. Work comes in pieces that are alike; one that took far longer than its
/// like was interrupted (a throttled host, a page still on its way) and counts as long as they do.
class StallFilter {
 public:
  /// How much of `took_ns` was work.
  std::int64_t credit(std::int64_t took_ns);

 private:
  std::int64_t typical_ns_ = 0;  ///< slow average of what was credited; 0: nothing seen yet
};

/// Computes, without memory, `rounds` times.
void spin(int rounds);

}  // namespace workload
