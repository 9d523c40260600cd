// Pauses between attempts: doubling up to a longest one, each shortened by chance to no less than
// half, so that all hosts of a pool do not come back in the same millisecond.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "reactor/time.h"

namespace drivers::redis {

class Backoff {
 public:
  Backoff(reactor::Duration first, reactor::Duration longest, std::uint32_t seed)
      : first_(first), longest_(longest), next_(first), random_(seed) {}

  reactor::Duration pause() {
    const reactor::Duration whole = next_;
    next_ = std::min(next_ * 2, longest_);
    const auto half = static_cast<std::uint32_t>(whole.count() / 2);
    return whole - reactor::Duration{random_() % (half + 1)};
  }
  void reset() { next_ = first_; }

 private:
  reactor::Duration first_, longest_, next_;
  std::minstd_rand random_;
};

}  // namespace drivers::redis
