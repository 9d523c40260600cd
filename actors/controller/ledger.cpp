#include "actors/controller/ledger.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "reactor/invariant.h"

namespace actors {

namespace {

constexpr std::int64_t kMostMilliwatts = 1'000'000'000;
constexpr Duration kLongestGap{600'000};
constexpr std::int64_t kHalfMicrojoulesPerMillijoule = 2'000;
constexpr std::int64_t kMicrojoulesPerMillijoule = 1'000;
// 10 min of 1 MW in millijoules, times this, is below 2^63.
constexpr std::int64_t kMostWeight = 10'000'000;

std::int64_t part_of(std::int64_t mj, std::int64_t milliwatts, Duration time) {
  const std::int64_t capped = std::clamp(milliwatts, std::int64_t{0}, kMostMilliwatts);
  return std::min(mj, capped * time.count() / kMicrojoulesPerMillijoule);
}

}  // namespace

std::int64_t Energy::total_mj() const {
  return std::accumulate(mj.begin(), mj.end(), std::int64_t{0});
}

std::int64_t Energy::coverage_pct() const {
  return open > Duration{0} ? covered * 100 / open : 0;
}

Energy& Energy::operator+=(const Energy& other) {
  for (std::size_t i = 0; i < kCauses; ++i)
    mj[i] += other.mj[i];
  covered += other.covered;
  open += other.open;
  return *this;
}

Account::Account(reactor::Instant opened, Duration longest_gap)
    : opened_(opened), longest_gap_(longest_gap) {
  INVARIANT(longest_gap > Duration{0} && longest_gap <= kLongestGap);
}

bool Account::book(reactor::Instant t, std::int64_t milliwatts, const Doing& doing) {
  if (milliwatts < 0 || milliwatts > kMostMilliwatts || (read_ && t <= t_)) return false;
  const Duration time = t - t_;
  if (read_ && time <= longest_gap_) {
    covered_ += time;
    split(integrate(time, milliwatts), time, doing);
  }
  read_ = true;
  t_ = t;
  milliwatts_ = milliwatts;
  return true;
}

// Whole millijoules; what is left of one goes into the next.
std::int64_t Account::integrate(Duration time, std::int64_t milliwatts) {
  const std::int64_t twice_uj = (milliwatts_ + milliwatts) * time.count() + rest_;
  rest_ = twice_uj % kHalfMicrojoulesPerMillijoule;
  return twice_uj / kHalfMicrojoulesPerMillijoule;
}

// Idle power first: a meter that says less than that leaves nothing for the others.
void Account::split(std::int64_t mj, Duration time, const Doing& doing) {
  if (doing.state != Cause::idle) return add(doing.state, mj);
  const std::int64_t idle = part_of(mj, doing.idle_mw, time);
  const std::int64_t migration = part_of(mj - idle, doing.migration_mw, time);
  add(Cause::idle, idle);
  add(Cause::migration, migration);
  share_out(mj - idle - migration, doing);
}

// Each gets what lies between the rounded shares of those before it and of those with it: so
// nothing is lost or doubled by rounding.
void Account::share_out(std::int64_t mj, const Doing& doing) {
  std::int64_t sum = doing.own.count;
  for (const VmShare& share : doing.vms)
    sum += share.cpu.count;
  if (sum <= 0) return add(Cause::idle, mj);
  const std::int64_t scale = sum / kMostWeight + 1;
  std::int64_t total = doing.own.count / scale;
  for (const VmShare& share : doing.vms)
    total += share.cpu.count / scale;
  if (total <= 0) return add(Cause::idle, mj);
  std::int64_t weight = doing.own.count / scale;
  std::int64_t given = mj * weight / total;
  add(Cause::idle, given);
  for (const VmShare& share : doing.vms) {
    weight += share.cpu.count / scale;
    const std::int64_t until = mj * weight / total;
    add(share.vm, until - std::exchange(given, until));
  }
}

void Account::add(const VmId& vm, std::int64_t mj) {
  add(Cause::vms, mj);
  const auto at = std::ranges::lower_bound(vms_, vm, {}, &VmEnergy::vm);
  if (at != vms_.end() && at->vm == vm) {
    at->mj += mj;
  } else {
    vms_.insert(at, {vm, mj});
  }
}

Energy Account::energy(reactor::Instant now) const {
  Energy out{.covered = covered_, .open = now - opened_};
  std::ranges::copy(mj_, out.mj.begin());
  return out;
}

}  // namespace actors
