// Whether this host really slept: what the kernel says of it, before and after.
//
// A suspend that is accepted may still not happen (a device refuses, a wakeup is pending). Two
// witnesses: BOOTTIME goes on in a sleep and MONOTONIC stands still, and the kernel counts its
// successes (not in kernels before 5.8, which have no suspend_stats there).
#pragma once

#include <functional>
#include <string>

#include "drivers/agent/files.h"
#include "reactor/time.h"

namespace drivers::agent {

struct Clocks {
  std::function<reactor::Duration()> boottime, steady;
};
Clocks real_clocks();

class SleepProof {
 public:
  /// Less is no sleep: the clocks never drift apart by that much otherwise.
  static constexpr reactor::Duration kShortest{500};

  /// `sys`: /sys, or a test's. To be made just before the host goes down.
  SleepProof(std::string sys, Clocks clocks);

  /// By the clocks, without the ways down and up.
  reactor::Duration slept() const;

  /// After it: none if it slept, else what is known of why not.
  Failure verdict() const;

 private:
  reactor::Duration apart() const { return clocks_.boottime() - clocks_.steady(); }
  std::string last_fault() const;

  std::string stats_;  ///< folder
  Clocks clocks_;
  reactor::Duration before_;
  std::optional<std::int64_t> successes_;
};

}  // namespace drivers::agent
