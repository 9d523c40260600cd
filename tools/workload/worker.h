// Does the tasks: computes and dirties memory as the load says, and keeps the figures `stat` shows.
//
// One thread does all; `now_us` is given, yet a task measures itself with a clock of its own.
#pragma once

#include <cstdint>
#include <string>

#include "workload/arrivals.h"
#include "workload/busy.h"
#include "workload/order.h"
#include "workload/region.h"

namespace workload {

/// CLOCK_MONOTONIC.
std::int64_t now_ns();

class Worker {
 public:
  Worker(Region& region, std::uint64_t seed) : region_(region), arrivals_(seed) {}

  void set_load(std::int64_t now_us, const SetLoad& order);

  /// Does one task if one is open by now; false: nothing to do.
  bool work(std::int64_t now_us);

  /// When there will be something to do.
  std::int64_t next_us() const { return arrivals_.next_us(); }

  /// Whoever slept says by how much it woke up too late.
  void note_gap(std::int64_t gap_us);

  /// Figures as `key=value`, times in ms; the worst gap starts anew.
  std::string stat(std::int64_t now_us);

  const Load& load() const { return load_; }

 private:
  std::int64_t timed(StallFilter& filter, std::int64_t began_ns);
  std::int64_t write_some();
  std::int64_t compute();

  Region& region_;
  Arrivals arrivals_;
  Load load_;
  TaskPlan plan_;
  StallFilter writing_;
  StallFilter computing_;
  double owed_pages_ = 0;
  std::uint64_t tasks_ = 0;
  std::uint64_t written_at_start_ = region_.written();
  std::int64_t busy_ns_ = 0;
  std::int64_t stalled_ns_ = 0;  ///< kept waiting while at work
  std::int64_t worst_gap_us_ = 0;
};

}  // namespace workload
