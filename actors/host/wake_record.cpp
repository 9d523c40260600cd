#include "actors/host/wake_record.h"

#include <algorithm>
#include <array>

#include "actors/ports/json.h"

namespace actors {

using reactor::Instant;

namespace {

constexpr std::size_t kRemembered = 32;
constexpr std::int64_t kReliablePct = 90;
constexpr std::array kSteps{Duration{15'000}, Duration{30'000}, Duration{60'000},
                            Duration{120'000}};

}  // namespace

void RecentTimes::add(Duration took) {
  if (took_.size() >= kRemembered) took_.erase(took_.begin());
  took_.push_back(took);
}

std::optional<Duration> RecentTimes::percentile(std::int64_t pct) const {
  if (took_.empty()) return std::nullopt;
  std::vector<Duration> sorted = took_;
  std::ranges::sort(sorted);
  const std::int64_t rank = (std::ssize(sorted) * pct + 99) / 100;
  return sorted[static_cast<std::size_t>(std::max<std::int64_t>(rank, 1) - 1)];
}

void WakeRecord::woke(Instant now, const HostPlan& plan, std::int64_t way, Duration took,
                      Duration by_way, bool resumed) {
  if (resumed) woke_at_ = now;
  count(true);
  took_.add(took);
  had_turns(plan, way);
  WayRecord& record = of(plan, way);
  ++record.woke;
  record.took.add(by_way);
}

void WakeRecord::failed(const HostPlan& plan, std::int64_t way) {
  count(false);
  had_turns(plan, way);
}

void WakeRecord::count(bool good) {
  ++tried_;
  if (good) ++woke_;
  if (last_.size() >= kRemembered) last_.erase(0, 1);
  last_ += good ? '+' : '-';
}

void WakeRecord::had_turns(const HostPlan& plan, std::int64_t way) {
  for (std::int64_t i = 0; i <= way; ++i)
    ++of(plan, i).tried;
}

// By its name: conf.yaml may have put them into another order since.
WayRecord& WakeRecord::of(const HostPlan& plan, std::int64_t way) {
  const std::string name = way_name(plan, way);
  const auto found = std::ranges::find(ways_, name, &WayRecord::name);
  if (found != ways_.end()) return *found;
  return ways_.emplace_back(WayRecord{name, 0, 0, {}});
}

bool WakeRecord::proven(Instant now, const PowerSettings& settings) const {
  return woke_at_ && now - *woke_at_ < settings.proof_max_age;
}

std::optional<std::int64_t> WakeRecord::reliability_pct() const {
  if (last_.empty()) return std::nullopt;
  return std::ranges::count(last_, '+') * 100 / std::ssize(last_);
}

std::int64_t WakeRecord::grade() const {
  const auto p95 = percentile(95);
  const auto slow = p95 ? std::ranges::count_if(kSteps, [&](Duration d) { return *p95 >= d; }) : 0;
  const bool unreliable = reliability_pct().value_or(100) < kReliablePct;
  return slow + (unreliable ? std::ssize(kSteps) + 1 : 0);
}

std::string WakeRecord::kept(Duration ahead) const {
  WakeRecord out = *this;
  if (out.woke_at_) *out.woke_at_ += ahead;
  return json_text(out);
}

std::optional<WakeRecord> WakeRecord::read(std::string_view text, Duration ahead) {
  WakeRecord out;
  const Json tree = Json::parse(text, nullptr, false);
  if (tree.is_discarded() || !from_json(tree, out)) return std::nullopt;
  if (out.woke_at_) *out.woke_at_ -= ahead;
  return out;
}

}  // namespace actors
