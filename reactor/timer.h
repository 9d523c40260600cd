// An alarm that can be taken back, which Loop::after() can't: its owner may go first.
#pragma once

#include "reactor/loop.h"

namespace reactor {

class Timer {
 public:
  Timer(Loop& loop, Work work);
  /// `work` never runs from here on; may be called from inside it.
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Runs `work` after `delay`, then each `period` if that is not zero. Replaces an earlier start.
  void start(Duration delay, Duration period = {});
  void stop();

 private:
  struct Held;
  Held* held_;  ///< lives until libuv has closed its handle, after the Timer
};

}  // namespace reactor
