// For how long a server has owed us an answer, by looks at short intervals.
//
// Pure: told what happened when. A look that comes far too late was held up by our own loop, and
// what came in meanwhile has not been read yet: that time does not count against the server.
#pragma once

#include <algorithm>
#include <utility>

#include "reactor/time.h"

namespace drivers::redis {

class Watchdog {
 public:
  using Instant = reactor::Instant;
  using Duration = reactor::Duration;

  /// `every`: how often it is looked; a look later than that by `stalled` or more was our own
  /// fault.
  Watchdog(Instant now, Duration every, Duration stalled)
      : every_(every), stalled_(stalled), looked_(now), asked_(now), heard_(now) {}

  void asked(Instant now) { asked_ = now; }  ///< the oldest question out is a new one
  void heard(Instant now) { heard_ = now; }  ///< bytes: a long answer that keeps coming counts

  void look(Instant now) {
    const Duration late = now - std::exchange(looked_, now) - every_;
    if (late < stalled_) return;
    asked_ += late;
    heard_ += late;
  }

  Duration silent(Instant now) const { return now - heard_; }
  Duration waiting(Instant now) const { return now - std::max(asked_, heard_); }

 private:
  Duration every_, stalled_;
  Instant looked_, asked_, heard_;
};

}  // namespace drivers::redis
