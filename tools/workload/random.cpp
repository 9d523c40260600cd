#include "workload/random.h"

#include <cmath>

namespace workload {

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15U;
  return mix(state_);
}

double Random::unit() {
  return static_cast<double>((next() >> 11) + 1) * 0x1p-53;
}

double Random::exponential(double mean) {
  return -mean * std::log(unit());
}

}  // namespace workload
