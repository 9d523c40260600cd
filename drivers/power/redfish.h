// What Redfish says of a computer system, and the only two things nemuri asks it for. Pure.
// Source: DSP0266 (protocol), ComputerSystem and Resource schemas; docs/power.md, "Redfish".
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/ports/host_wake.h"
#include "reactor/result.h"

namespace drivers::power::redfish {

/// The only ResetTypes that nemuri can send; the others switch off, reset, or lose memory.
enum class Request { on, push_power_button };

struct System {
  std::string said;                                 ///< PowerState as it is; empty: not told
  std::optional<actors::ports::Power> power;        ///< none: not told, or a word we do not know
  std::string target;                               ///< path to post a Request to
  std::optional<std::vector<std::string>> allowed;  ///< ResetTypes; none: not told
  std::string action_info;  ///< path of a resource that tells them; empty: none
};

/// On, PoweringOn: on; PoweringOff: on, as it is not off yet; Off: off; Paused: asleep.
/// Errors: malformed (no JSON object).
reactor::Result<System> read_system(std::string_view body);

/// The ResetTypes that an ActionInfo allows; none: it does not tell.
std::optional<std::vector<std::string>> read_action_info(std::string_view body);

/// On wherever it is allowed, or nothing is told. Else the button, but only on a host that reads
/// Off: one that runs takes it for the order to shut down. Errors: refused.
reactor::Result<Request> choose(const System& system);

/// {"ResetType":"On"}
std::string reset_body(Request request);

/// "HTTP status 400: ResourceInUse: ...": the status of a refusal, and its message if it has one.
std::string explain(int status, std::string_view body);

/// The BMC has no room for one more session.
bool is_session_limit(std::string_view body);

/// The path of a link: BMCs give some as whole URLs. Empty: there is none. Whatever host stands in
/// it, we ask none but the one we know.
std::string path_of(std::string_view link);

}  // namespace drivers::power::redfish
