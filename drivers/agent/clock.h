// The two clocks of a sample. BOOTTIME goes on while the host sleeps, as the loop's clock does not.
#pragma once

#include "reactor/time.h"

namespace drivers::agent {

reactor::Duration boottime();
reactor::Duration wall_time();  ///< since 1970; for people

}  // namespace drivers::agent
