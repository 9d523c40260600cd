// The messages of WS-Management that Intel AMT is asked by, and its answers. Pure.
//
// Firmware chooses its own namespace prefixes and calls its answers application/octet-stream: they
// are read by local names, whatever they are called. Sources: DSP0226 (WS-Management), DSP1027
// (power states), recorded answers of AMT 11.8; docs/power.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "actors/ports/host_wake.h"
#include "reactor/result.h"

namespace drivers::power::wsman {

/// The only PowerState that nemuri ever asks for. There is no code that could write another: one
/// would cost a sleeping host its memory.
enum class AskedState { on = 2 };

/// RequestPowerStateChange of CIM_PowerManagementService. `id`: any number, comes back in the
/// answer.
std::string request_power_state_change(AskedState state, std::int64_t id);

/// Get of CIM_AssociatedPowerManagementService.
std::string get_power_state(std::int64_t id);

/// What became of a RequestPowerStateChange. Errors: refused (a ReturnValue other than 0 and 4096,
/// or a fault), malformed.
reactor::Result<reactor::Unit> read_power_state_change(std::string_view text);

/// The state of the host. S4 (7, hibernated) counts as off: its memory is on disk. Errors: refused
/// (a fault), malformed (no state, or one that does not last, such as 5, power cycle).
reactor::Result<actors::ports::Power> read_power_state(std::string_view text);

}  // namespace drivers::power::wsman
