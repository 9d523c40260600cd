// Wakes hosts out-of-band (AMT, IPMI, Redfish, WOL, a command), and reads their power state.
//
// There is no suspend here: that is an order to the host's own agent (actors/ports/orders.h), who
// looks once more at its VMs. Every implementation (drivers/, drivers/sim/) keeps this: a call
// returns at once; its `done` runs exactly once, on the loop, never from inside the call.
#pragma once

#include "actors/ports/done.h"
#include "actors/ports/fields.h"

namespace actors::ports {

using namespace std::string_view_literals;

enum class Power { on, asleep, off };  ///< ACPI S0, S3, S5; CIM PowerState 2, 4, 8 in AMT
constexpr auto names(Power) {
  return std::array{"on"sv, "asleep"sv, "off"sv};
}

class HostWake {
 public:
  virtual ~HostWake() = default;

  /// Asks a host to come up, by the way at place `way` of its list (the last one if there are
  /// fewer); harmless if it is up. Success means the request went out, not that the host is up: WOL
  /// has no reply at all. Errors: refused, unreachable, outcome_unknown.
  virtual void wake(const HostId& host, int way, Done<reactor::Unit> done) = 0;

  /// Reads the power state. `on` never makes a host awake: only its agent's hello does.
  /// Errors: refused (no such way to this host), unreachable, malformed.
  virtual void read(const HostId& host, Done<Power> done) = 0;
};

}  // namespace actors::ports
