// When small computational tasks arrive and how much each is: a Poisson process whose average rate
// conforms to the CPU load asked for, as the paper's generator has it (paper §IV-A).
#pragma once

#include <cstdint>

#include "workload/order.h"
#include "workload/random.h"

namespace workload {

/// The work of one task on a vCPU of its own. Short against the second over which hosts sample CPU,
/// long against the cost of waking up.
inline constexpr std::int64_t kTaskUs = 10'000;

inline constexpr std::int64_t kPageBytes = 4096;

/// A load as tasks.
struct TaskPlan {
  double mean_gap_us = 0;     ///< 0: no tasks at all
  double pages_per_task = 0;  ///< its share of the dirty rate; fractions are carried to the next

  bool idle() const { return mean_gap_us == 0; }
};
TaskPlan plan_tasks(const Load& load);

class Arrivals {
 public:
  /// Open tasks are bounded at a second of work; what arrives beyond is dropped, as a server's
  /// clients give up. Else an overloaded guest would be busy for minutes after its load went down.
  static constexpr int kMostOpen = 100;

  explicit Arrivals(std::uint64_t seed) : random_(seed) {}

  /// Forgets the open tasks: the new load counts from now on.
  void start(std::int64_t now_us, const TaskPlan& plan);

  /// Lets arrive what is due. A stall of seconds (a frozen host) does not bring all its tasks at
  /// once.
  void advance(std::int64_t now_us);

  /// Takes one open task; false if there is none.
  bool take();

  /// When the next task arrives; far in the future if none does.
  std::int64_t next_us() const { return next_us_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  void arrive();

  Random random_;
  TaskPlan plan_;
  std::int64_t next_us_ = INT64_MAX;
  int open_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace workload
