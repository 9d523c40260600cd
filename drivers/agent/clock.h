// The clocks of a host. BOOTTIME goes on while it sleeps, the steady one (the loop's) stands still.
#pragma once

#include "reactor/time.h"

namespace drivers::agent {

reactor::Duration boottime();
reactor::Duration steady_time();
reactor::Duration wall_time();  ///< since 1970; for people

}  // namespace drivers::agent
