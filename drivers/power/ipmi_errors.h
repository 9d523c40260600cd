// What libOpenIPMI's error of a login means, and what to do about it.
#pragma once

#include "reactor/result.h"

namespace drivers::power {

/// Errors: refused, unreachable. Source: OpenIPMI/ipmi_err.h; IPMI 2.0 §13.24.
reactor::Error login_error(int error);

}  // namespace drivers::power
