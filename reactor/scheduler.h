// What code may ask of a loop: the time of this turn, and to be called later. Loop (libuv) and
// VirtualLoop (virtual time) both keep this contract, so that drivers, models and tests can't tell
// which of them they run on.
#pragma once

#include <functional>

#include "reactor/time.h"

namespace reactor {

using Work = std::function<void()>;

class Scheduler {
 public:
  virtual ~Scheduler() = default;

  /// One clock read a turn: the same value for everything that happens in it. On the loop only.
  virtual Instant now() const = 0;

  /// Runs `work` on the loop, never from inside this call, in the order posted. Any thread may
  /// call.
  virtual void post(Work work) = 0;

  /// Runs `work` once, on the loop, when `delay` has passed; equal times in the order asked. It
  /// can't be taken back: work that may be out of date by then checks that itself. On the loop
  /// only.
  virtual void after(Duration delay, Work work) = 0;
};

}  // namespace reactor
