#include "tools/experiments/chaos_faults.h"

#include <algorithm>

namespace experiments {

using namespace drivers::sim;

using reactor::Random;

namespace {

constexpr Duration kMinute{60'000};
constexpr Duration kShortest{1'000};  // no fault begins so late that it could not last so long

Duration ms(Random& random, std::int64_t low, std::int64_t high) {
  return Duration{random.between(low, high)};
}

Duration lasts(Random& random, FaultKind kind) {
  switch (kind) {
    case FaultKind::host_crash: return ms(random, 10'000, 40'000);
    case FaultKind::controller_killed: return ms(random, 100, 15'000);
    case FaultKind::redis_gone:
    case FaultKind::redis_emptied: return ms(random, 100, 20'000);
    default: return Duration{500} + random.waiting(Duration{15'000});
  }
}

FaultKind kind(Random& random) {
  constexpr auto kKinds = static_cast<std::int64_t>(names(FaultKind{}).size());
  return static_cast<FaultKind>(random.between(0, kKinds - 1));
}

Fault fault(Random random, Duration at, const std::vector<HostModel>& hosts) {
  Fault out{.kind = kind(random), .host = {}, .at = at};
  const bool some_host = fault_of(out.kind) == FaultOf::host ||
                         (fault_of(out.kind) == FaultOf::either && random.chance(500));
  if (some_host) out.host = random.pick(hosts).plan.name;
  out.until = at + lasts(random, out.kind);
  if (has_size(out.kind)) out.by = ms(random, 500, 12'000);
  return out;
}

bool overlaps(const Fault& one, const Fault& other) {
  return one.kind == other.kind && one.host == other.host && one.at < other.until &&
         other.at < one.until;
}

}  // namespace

std::vector<Fault> draw_faults(Random random, std::int64_t rate, const Scenario& scenario,
                               Duration calm) {
  std::vector<Fault> out;
  if (rate <= 0) return out;
  const Duration mean = kMinute / rate;
  std::uint64_t number = 0;
  for (Duration at = random.waiting(mean); at < calm - kShortest; at += random.waiting(mean)) {
    Fault next = fault(random.branch(number++), at, scenario.hosts);
    next.until = std::min(next.until, calm);
    const auto same = [&](const Fault& other) { return overlaps(next, other); };
    if (std::ranges::none_of(out, same) && std::ranges::none_of(scenario.faults, same))
      out.push_back(next);
  }
  return out;
}

}  // namespace experiments
