// Watt meters on hosts and network switches, as seen from outside (BMC, PDU, plug): a sleeping host
// is measured too (paper §III-B.2: one reading a second, ±2 %).
//
// Every implementation keeps this: readings come on the loop, never from inside watch(), those of
// one target in the order of their time. A meter that does not answer gives none: whoever sums
// energy up sees the hole and says how much was covered; nothing is repeated to fill it.
#pragma once

#include "actors/ports/ids.h"
#include "actors/ports/units.h"
#include "reactor/time.h"

namespace actors::ports {

struct MeterReading {
  MeteredId target;
  reactor::Instant at;  ///< when it was taken
  Milliwatts power;     ///< mean since the reading before, or at that moment, as the meter does
};

class MeterListener {
 public:
  virtual ~MeterListener() = default;
  virtual void read(const MeterReading& reading) = 0;
};

class Meter {
 public:
  virtual ~Meter() = default;

  /// Readings of all targets go there from now on; it must outlive the loop's last turn.
  virtual void watch(MeterListener& listener) = 0;
};

}  // namespace actors::ports
