#include "actors/policy/reserve.h"

#include <algorithm>

namespace actors {

using reactor::Instant;

namespace {

constexpr std::size_t kRemembered = 1'024;

}  // namespace

void Reserve::demanded(Instant now, const PowerSettings& settings) {
  if (settings.reserve) return demands_.clear();
  std::erase_if(demands_, [&](Instant at) { return now - at >= settings.reserve_window; });
  if (demands_.size() >= kRemembered) demands_.erase(demands_.begin());
  demands_.push_back(now);
}

// Each demand with those that followed within one wake of it: the most of these.
std::int64_t Reserve::wanted(Instant now, Duration wake_takes,
                             const PowerSettings& settings) const {
  if (settings.reserve) return *settings.reserve;
  std::int64_t most = 0;
  auto last = demands_.begin();
  for (auto first = demands_.begin(); first != demands_.end(); ++first) {
    while (last != demands_.end() && *last - *first < wake_takes)
      ++last;
    if (now - *first < settings.reserve_window) most = std::max(most, std::int64_t{last - first});
  }
  return most;
}

}  // namespace actors
