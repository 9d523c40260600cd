// A moment of a run as its lines show it: "187.300".
#pragma once

#include <fmt/format.h>

#include <string>

#include "reactor/time.h"

namespace experiments {

inline std::string seconds(reactor::Instant at) {
  const auto ms = at.time_since_epoch().count();
  return fmt::format("{:3}.{:03}", ms / 1000, ms % 1000);
}

}  // namespace experiments
