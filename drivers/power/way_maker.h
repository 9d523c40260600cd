// Makes ways from their settings, and keeps what ways share.
#pragma once

#include <memory>

#include "drivers/power/http_client.h"
#include "drivers/power/ipmi_library.h"
#include "drivers/power/waker.h"
#include "drivers/settings.h"
#include "reactor/loop.h"

namespace drivers::power {

class WayMaker {
 public:
  /// Outlives the ways that it makes.
  explicit WayMaker(reactor::Loop& loop) : loop_(loop), http_(loop) {}

  PoolWays make(const WakeSettings& settings);

 private:
  std::unique_ptr<Way> make(const WaySettings& way, reactor::Duration exec_limit);
  HostWays make(const HostPower& host, reactor::Duration exec_limit);

  reactor::Loop& loop_;
  HttpClient http_;
  std::unique_ptr<IpmiLibrary> ipmi_;  ///< for ways that use it
};

}  // namespace drivers::power
