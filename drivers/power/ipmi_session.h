// One login to one BMC: opened, asked, closed. IPMI 2.0 over LAN (RMCP+), cipher suite 3.
//
// A BMC that does not answer, or says no, is not asked again: libOpenIPMI would log in anew every
// ten seconds for ever, until the account is locked. There is no time limit here; who opens one has
// his own, and closes it by destroying it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/power/ipmi_library.h"
#include "reactor/result.h"
#include "reactor/timer.h"

namespace drivers::power {

struct IpmiTarget {
  std::string address;  ///< numeric, IPv4 or IPv6: a name would hold up the loop
  std::int64_t port = 623;
  std::string user, password;  ///< at most kLongestIpmiUser and kLongestIpmiPassword bytes
};
inline constexpr std::size_t kLongestIpmiUser = 16, kLongestIpmiPassword = 20;

/// All that a BMC is ever asked. There is nothing here that switches off, resets or cycles a host,
/// and no way to ask for anything else.
enum class IpmiRequest {
  power_up,          ///< Chassis Control, 1 (IPMI 2.0 §28.3)
  chassis_status,    ///< §28.2: the first byte's lowest bit is set when the power is on
  acpi_power_state,  ///< Get ACPI Power State, §20.7; many BMCs do not know it
};

struct IpmiReply {
  std::uint8_t code = 0;  ///< completion code, §5.2; 0: done
  std::vector<std::uint8_t> data;
};

class IpmiSession {
 public:
  using Opened = std::function<void(reactor::Result<reactor::Unit>)>;
  using Replied = std::function<void(reactor::Result<IpmiReply>)>;

  /// Whatever is said comes later, on the loop, never from inside a call.
  IpmiSession(reactor::Loop& loop, IpmiLibrary& library);
  /// Closes it; nothing more is said. May be called from inside what is said.
  ~IpmiSession();
  IpmiSession(const IpmiSession&) = delete;
  IpmiSession& operator=(const IpmiSession&) = delete;

  /// Once. Errors: refused (login), unreachable (no answer, or no session free).
  void open(const IpmiTarget& target, Opened opened);
  /// One at a time, when it is open. Error: unreachable, and for power_up that means: unknown.
  void ask(IpmiRequest request, Replied replied);

 private:
  struct Link;

  void changed(int error, bool up);
  void say(std::function<void()> what);

  IpmiLibrary& library_;
  Link* link_ = nullptr;  ///< lives until the library is through with it
  Opened opened_;
  Replied replied_;
  std::function<void()> said_;
  reactor::Timer say_;
};

}  // namespace drivers::power
