// A connection to D-Bus (sd-bus) on the loop, for one conversation with logind.
//
// What it calls back is called on the loop, from within the bus's own work: the bus must not be
// destroyed there, but later (Loop::post).
#pragma once

#include <systemd/sd-bus.h>
#include <uv.h>

#include <functional>
#include <string>

#include "drivers/agent/files.h"
#include "reactor/timer.h"
#include "reactor/uv_handle.h"

namespace drivers::agent {

class Bus {
 public:
  /// An answer, or an error: sd_bus_message_is_method_error() tells them apart.
  using Heard = std::function<void(sd_bus_message*)>;

  /// `lost`: once; what was asked is answered by an error before.
  Bus(reactor::Loop& loop, std::function<void()> lost);
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  /// `address`: empty: the system's bus. Failure: nobody listens there.
  Failure open(const std::string& address);

  /// Asks logind's manager for `member`; `types` and the rest as in sd_bus_message_append().
  /// `heard` is called once, with an error at `limit`.
  template <class... Values>
  void ask(const char* member, reactor::Duration limit, Heard heard, const char* types,
           Values... values) {
    sd_bus_message* message = nullptr;
    int error = new_call(member, &message);
    if (error >= 0) error = sd_bus_message_append(message, types, values...);
    send(error, message, limit, std::move(heard));
  }

  /// Calls `heard` for each signal `member` of logind's manager.
  void listen(const char* member, Heard heard);

 private:
  int new_call(const char* member, sd_bus_message** message);
  void send(int error, sd_bus_message* message, reactor::Duration limit, Heard heard);
  void watch();
  void arm();
  void work();
  void stop();

  reactor::Loop& loop_;
  std::function<void()> lost_;
  sd_bus* bus_ = nullptr;
  reactor::Owned<uv_poll_t> poll_;
  reactor::Owned<uv_prepare_t> prepare_;
  reactor::Timer timer_;
};

}  // namespace drivers::agent
