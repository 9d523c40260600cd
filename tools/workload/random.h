// Seeded random numbers, the same on every machine: splitmix64 and our own distributions, as those
// of the standard library differ between implementations.
#pragma once

#include <cstdint>

namespace workload {

/// One step of splitmix64 as a hash: every bit of the result depends on every bit of `x`.
std::uint64_t mix(std::uint64_t x);

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();

  /// Above 0, up to 1: safe to take the logarithm of.
  double unit();

  /// Exponentially distributed with that mean: the gap between two Poisson arrivals.
  double exponential(double mean);

 private:
  std::uint64_t state_;
};

}  // namespace workload
