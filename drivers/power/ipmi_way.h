// Wakes a host by its BMC, IPMI 2.0 over LAN: chassis power up, which does nothing to a host that
// is on. One login a call, closed at its end, since a BMC has few sessions.
//
// IPMI has no word for S3 but Get ACPI Power State, which few BMCs know; the others say of a host
// in S3 that it is off, or that it is on. Source: IPMI 2.0 §20.7, §28.2, §28.3; POWER.md §1.
#pragma once

#include <optional>

#include "drivers/power/ipmi_session.h"
#include "drivers/power/way.h"
#include "drivers/settings.h"
#include "reactor/resolver.h"

namespace drivers::power {

/// Of the first byte of Get ACPI Power State's answer; none: the BMC does not know.
std::optional<Power> power_of_acpi(std::uint8_t system_state);

class IpmiWay final : public Way {
 public:
  IpmiWay(reactor::Loop& loop, IpmiLibrary& library, IpmiSettings settings);

  void wake(Done<reactor::Unit> done) override;
  bool reads() const override { return true; }
  void read(Done<Power> done) override;

 private:
  using Outcome = reactor::Result<Power>;

  void begin(IpmiRequest request, Done<Power> done);
  void look_up();
  void log_in(const std::string& address);
  void ask(IpmiRequest request);
  void replied(const IpmiReply& reply);
  void fail(reactor::Error error);
  void end(const Outcome& outcome);

  reactor::Loop& loop_;
  IpmiLibrary& library_;
  IpmiSettings settings_;
  Done<Power> done_;
  IpmiRequest request_{};
  std::string password_;
  bool sent_ = false;  ///< the request itself, not only the login
  std::optional<reactor::Resolver> resolver_;
  std::optional<IpmiSession> session_;
  reactor::Timer begin_, deadline_;
};

}  // namespace drivers::power
