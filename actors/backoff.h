// Pauses that double: after the first failure `first`, then twice as long each time, up to
// `longest`.
#pragma once

#include <algorithm>

#include "reactor/time.h"

namespace actors {

/// `before`: failures before this one, 0 or more; beyond 16 it makes no difference.
constexpr reactor::Duration doubled(reactor::Duration first, std::int64_t before,
                                    reactor::Duration longest) {
  constexpr std::int64_t kMost = 16;  // the longest setting of all is reached by then
  return std::min(first * (std::int64_t{1} << std::clamp(before, std::int64_t{0}, kMost)), longest);
}

}  // namespace actors
