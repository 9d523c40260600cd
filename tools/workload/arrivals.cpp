#include "workload/arrivals.h"

namespace workload {
namespace {

constexpr double kSecondUs = 1e6;
constexpr std::int64_t kForgetUs = 2'000'000;

}  // namespace

TaskPlan plan_tasks(const Load& load) {
  if (load.cpu_hundredths == 0) return {};
  const double share = static_cast<double>(load.cpu_hundredths) / (100 * 100);
  const double mean_gap_us = static_cast<double>(kTaskUs) / share;
  const double bytes_a_second = static_cast<double>(load.dirty_hundredths) / 100 * 1024 * 1024;
  const double pages_a_second = bytes_a_second / static_cast<double>(kPageBytes);
  return {mean_gap_us, pages_a_second * mean_gap_us / kSecondUs};
}

void Arrivals::start(std::int64_t now_us, const TaskPlan& plan) {
  plan_ = plan;
  open_ = 0;
  next_us_ = now_us;
  arrive();
}

void Arrivals::advance(std::int64_t now_us) {
  if (plan_.idle()) return;
  if (now_us - next_us_ > kForgetUs) next_us_ = now_us - kForgetUs;
  while (next_us_ <= now_us) {
    if (open_ < kMostOpen) {
      ++open_;
    } else {
      ++dropped_;
    }
    arrive();
  }
}

bool Arrivals::take() {
  if (open_ == 0) return false;
  --open_;
  return true;
}

void Arrivals::arrive() {
  if (plan_.idle()) {
    next_us_ = INT64_MAX;
    return;
  }
  // At least 1 us further, so that advance() ends.
  next_us_ += 1 + static_cast<std::int64_t>(random_.exponential(plan_.mean_gap_us));
}

}  // namespace workload
