#include "workload/worker.h"

#include <time.h>

#include <algorithm>

namespace workload {
namespace {

constexpr int kPagesInPiece = 8;
constexpr int kRoundsInPiece = 20'000;
constexpr std::uint32_t kPagesInMib = (1 << 20) / kPageBytes;

}  // namespace

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void Worker::set_load(std::int64_t now_us, const SetLoad& order) {
  load_ = {order.cpu_hundredths, order.dirty_hundredths, order.wss_mib.value_or(load_.wss_mib)};
  plan_ = plan_tasks(load_);
  owed_pages_ = 0;
  arrivals_.start(now_us, plan_);
}

// The writes are a part of the task's work, not on top of it. When they alone are more than that,
// the dirty rate is kept and the CPU load comes out higher than asked.
bool Worker::work(std::int64_t now_us) {
  arrivals_.advance(now_us);
  if (!arrivals_.take()) return false;
  owed_pages_ += plan_.pages_per_task;
  std::int64_t done_ns = 0;
  while (owed_pages_ >= 1)
    done_ns += write_some();
  while (done_ns < kTaskUs * 1000)
    done_ns += compute();
  busy_ns_ += done_ns;
  ++tasks_;
  return true;
}

std::int64_t Worker::write_some() {
  const std::int64_t began_ns = now_ns();
  const auto working_set = static_cast<std::uint32_t>(load_.wss_mib * kPagesInMib);
  for (int i = 0; i < kPagesInPiece; ++i)
    region_.write_next(working_set);
  owed_pages_ -= kPagesInPiece;
  return timed(writing_, began_ns);
}

std::int64_t Worker::compute() {
  const std::int64_t began_ns = now_ns();
  spin(kRoundsInPiece);
  return timed(computing_, began_ns);
}

std::int64_t Worker::timed(StallFilter& filter, std::int64_t began_ns) {
  const std::int64_t took_ns = now_ns() - began_ns;
  const std::int64_t credit_ns = filter.credit(took_ns);
  stalled_ns_ += took_ns - credit_ns;
  note_gap((took_ns - credit_ns) / 1000);
  return credit_ns;
}

void Worker::note_gap(std::int64_t gap_us) {
  worst_gap_us_ = std::max(worst_gap_us_, gap_us);
}

std::string Worker::stat(std::int64_t now_us) {
  std::string text;
  const auto put = [&text](const char* key, const std::string& value) {
    if (!text.empty()) text += ' ';
    text += key;
    text += '=';
    text += value;
  };
  put("up", show_hundredths(now_us / 10'000));
  put("cpu", show_hundredths(load_.cpu_hundredths));
  put("dirty", show_hundredths(load_.dirty_hundredths));
  put("wss", std::to_string(load_.wss_mib));
  put("dirtied_mib", std::to_string((region_.written() - written_at_start_) / kPagesInMib));
  put("busy_ms", std::to_string(busy_ns_ / 1'000'000));
  put("stalled_ms", std::to_string(stalled_ns_ / 1'000'000));
  put("worst_gap_ms", std::to_string(worst_gap_us_ / 1000));
  put("verified_pages", std::to_string(region_.verified()));
  put("bad_pages", std::to_string(region_.bad()));
  put("tasks", std::to_string(tasks_));
  put("dropped", std::to_string(arrivals_.dropped()));
  worst_gap_us_ = 0;
  return text;
}

}  // namespace workload
