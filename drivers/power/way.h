// One way to one host's power: a command, or a protocol (WOL, IPMI, Redfish, AMT). Waker
// (waker.h) puts those of a host into their order.
//
// Every way keeps this: a call returns at once; its `done` runs exactly once, on the loop, never
// from inside the call, and within the time limit of the way's settings. Waker makes one call at a
// time on a way, and neither calls nor destroys one from inside its own `done`. When a way is
// destroyed while a call is in flight, that call is dropped: its `done` never runs. What a way
// shares with others (a loop, an HTTP client) outlives it.
//
// NO WAY EVER SWITCHES OFF, RESETS OR CYCLES A HOST: that would cost the memory of every VM that
// sleeps with it. There is nothing here that asks for it, and no way has the code.
#pragma once

#include "actors/ports/host_wake.h"

namespace drivers::power {

using actors::ports::Done;
using actors::ports::Power;

class Way {
 public:
  Way() = default;
  virtual ~Way() = default;
  Way(const Way&) = delete;
  Way& operator=(const Way&) = delete;

  /// Asks the host to come up; harmless if it is up. Success: the request went out.
  /// Errors: refused (somebody said no: what to do about it stands in the text), unreachable (no
  /// answer; nothing was done), outcome_unknown (no answer, and it may have been done).
  virtual void wake(Done<reactor::Unit> done) = 0;

  /// Can it read the power state?
  virtual bool reads() const { return false; }
  /// Only if it reads(). Errors: refused, unreachable, malformed.
  virtual void read(Done<Power> done);
};

}  // namespace drivers::power
