// One way of putting this host to sleep: logind, /sys/power/state, a command of the operator's.
//
// Every implementation keeps this: a call returns at once; its `done` runs exactly once, on the
// loop, never from inside the call. It may be destroyed once its loop does not run any more.
#pragma once

#include <functional>

#include "drivers/agent/files.h"

namespace drivers::agent {

class SuspendWay {
 public:
  using Done = std::function<void(Failure)>;

  virtual ~SuspendWay() = default;

  /// Whether it would work now. Several may be under way.
  virtual void check(Done done) = 0;

  /// One at a time; `done` when the host is up again, or did not go down.
  virtual void sleep(Done done) = 0;

  /// It means S3 of this kernel, whose own word on it can be had (sleep_proof.h).
  virtual bool can_be_proved() const = 0;
};

}  // namespace drivers::agent
