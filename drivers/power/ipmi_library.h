// libOpenIPMI on our loop: its file descriptors and timers are libuv's.
//
// The library keeps its state in globals, so there is one of these at a time, and it works without
// locks, so it belongs to the loop's thread. What it would log is dropped: what matters comes back
// as errors. Source: OpenIPMI/os_handler.h.
#pragma once

#include "reactor/loop.h"

extern "C" {
#include <OpenIPMI/os_handler.h>
}

namespace drivers::power {

class IpmiLibrary {
 public:
  explicit IpmiLibrary(reactor::Loop& loop);
  /// All sessions are closed by then.
  ~IpmiLibrary();
  IpmiLibrary(const IpmiLibrary&) = delete;
  IpmiLibrary& operator=(const IpmiLibrary&) = delete;

  os_handler_t* handler() { return &handler_; }

 private:
  os_handler_t handler_{};
};

}  // namespace drivers::power
