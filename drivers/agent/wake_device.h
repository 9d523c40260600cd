// The network device that is to wake this host (wake-on-LAN): armed before a sleep, back after it.
//
// Its flags get lost: with a new driver, a reset, some resumes. A host that sleeps with them off
// does not wake.
#pragma once

#include <string>

#include "drivers/agent/files.h"

namespace drivers::agent {

/// Failure: it would not wake the host, and the command that would change it. `sys`: /sys, or a
/// test's.
Failure check_wake_device(const std::string& sys, const std::string& name);

/// A cable with somebody at its other end.
bool has_carrier(const std::string& sys, const std::string& name);

}  // namespace drivers::agent
