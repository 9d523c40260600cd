#include "drivers/power/way.h"

#include "reactor/invariant.h"

namespace drivers::power {

// Ways that read have their own.
void Way::read(Done<Power> /*done*/) {  // NOLINT(performance-unnecessary-value-param)
  INVARIANT(false);
}

}  // namespace drivers::power
