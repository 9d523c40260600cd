// Chance for tests: the same on every machine, as std's distributions are not.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  /// 0 .. sides - 1
  std::int64_t roll(std::int64_t sides) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(sides));
  }
  bool one_in(std::int64_t sides) { return roll(sides) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(roll(static_cast<std::int64_t>(from.size())))];
  }

 private:
  std::mt19937_64 random_;
};
