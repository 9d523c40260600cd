// Wakes a host by Wake-on-LAN: a magic packet to the broadcast address of its subnet.
//
// Nobody acknowledges it, and switches and cards lose packets, so it is sent kWolTimes. It cannot
// tell whether the card was armed (`ethtool CARD`: Wake-on: g). Source: AMD, Magic Packet
// Technology, publication 20213 (1995); POWER.md §4.
#pragma once

#include <string>

#include "drivers/power/way.h"
#include "drivers/settings.h"
#include "reactor/timer.h"

namespace drivers::power {

inline constexpr int kWolTimes = 4;
inline constexpr reactor::Duration kWolApart{100};

/// 6 bytes 0xff, 16 times the MAC, then the SecureOn password, if any: 102, 106 or 108 bytes. Both
/// as "01:02:...". Errors: refused, not naming the password.
reactor::Result<std::string> magic_packet(const std::string& mac, const std::string& secure_on);

class WolWay final : public Way {
 public:
  WolWay(reactor::Loop& loop, WolSettings settings);
  ~WolWay() override { close_socket(); }

  /// Success: at least one packet left this machine. Errors: refused (secret), unreachable.
  void wake(Done<reactor::Unit> done) override;

 private:
  void begin();
  void send();
  void end();
  void close_socket();
  reactor::Error failed(const char* tried) const;

  WolSettings settings_;
  reactor::Timer next_;
  Done<reactor::Unit> done_;
  std::string packet_;
  reactor::Result<reactor::Unit> outcome_;
  int socket_ = -1;
  int tries_ = 0;
};

}  // namespace drivers::power
