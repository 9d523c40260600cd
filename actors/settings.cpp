#include "actors/settings.h"

#include <algorithm>

namespace actors {

bool never_sleeps(const HostPlan& plan, const PowerSettings& settings) {
  return std::ranges::any_of(settings.never_sleep, [&](const std::string& word) {
    return word == plan.name.text || std::ranges::count(plan.labels, word) > 0;
  });
}

}  // namespace actors
