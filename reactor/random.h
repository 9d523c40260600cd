// Chance by seed: the same numbers from every compiler and on every machine, which std's
// distributions do not promise. Integers only.
//
// Whoever draws for several things gives each its own branch(): one that draws more often then
// leaves the others as they were. Generator: xoshiro256**, seeded by splitmix64 (Blackman, Vigna,
// "Scrambled linear pseudorandom number generators", 2018).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "reactor/invariant.h"
#include "reactor/time.h"

namespace reactor {

class Random {
 public:
  explicit Random(std::uint64_t seed);

  /// 64 even bits.
  std::uint64_t bits();
  /// Each of `low`..`high`, both included, alike. `low` <= `high`.
  std::int64_t between(std::int64_t low, std::int64_t high);
  Duration between(Duration low, Duration high) {
    return Duration{between(low.count(), high.count())};
  }
  /// True `per_mille` times in a thousand; 0 and less: never, 1000 and more: always.
  bool chance(std::int64_t per_mille) { return between(0, 999) < per_mille; }
  /// How long till the next of events that come by themselves, `mean` apart: exponential, to the
  /// millisecond, at most 44 times the mean. `mean` up to 10^12 ms.
  Duration waiting(Duration mean);
  template <class T>
  const T& pick(const std::vector<T>& from) {
    INVARIANT(!from.empty());
    return from[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(from.size()) - 1))];
  }
  /// Chance of its own for part number `part`. Draws nothing: later ones come out alike.
  Random branch(std::uint64_t part) const;

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace reactor
