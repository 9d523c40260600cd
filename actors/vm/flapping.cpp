#include "actors/vm/flapping.h"

#include <algorithm>
#include <utility>

namespace actors {

using reactor::Instant;

namespace {

constexpr std::int64_t kMostFlaps = 16;  // the cool-down is at its longest by then

}  // namespace

// No more are kept than it takes to be too often.
void Flapping::came_back(Instant now, const FlappingSettings& settings) {
  std::erase_if(trips_, [&](Instant back) { return now - back >= settings.window; });
  trips_.push_back(now);
  const std::int64_t beyond = std::ssize(trips_) - settings.trips;
  if (beyond > 0) trips_.erase(trips_.begin(), trips_.begin() + beyond);
}

std::int64_t Flapping::went_out(Instant now, const FlappingSettings& settings) {
  std::erase_if(flaps_, [&](Instant then) { return now - then >= settings.remember; });
  const std::int64_t before = times();
  if (before == kMostFlaps) flaps_.erase(flaps_.begin());
  flaps_.push_back(now);
  return before;
}

bool Flapping::too_often(Instant now, const FlappingSettings& settings) const {
  const auto recent = [&](Instant back) { return now - back < settings.window; };
  return settings.trips > 0 && std::ranges::count_if(trips_, recent) >= settings.trips;
}

bool Flapping::news(Instant now, const FlappingSettings& settings) {
  const bool is = too_often(now, settings);
  return std::exchange(ping_pong_, is) != is;
}

}  // namespace actors
