// One conversation with systemd-logind: whether this host may be suspended, and then the suspend.
//
//   CanSuspend, ListInhibitors -> Inhibit (delay), Suspend -> PrepareForSleep(true): the delay is
//   let go -> PrepareForSleep(false): the host is up again
//
// logind lets root pass over other people's `block` inhibitors (systemd issue 29818), so they are
// looked up first. Its answer to Suspend means "begun": whether the host slept is for sleep_proof.h
// to say. Source: org.freedesktop.login1(5).
#pragma once

#include <optional>
#include <string>

#include "drivers/agent/bus.h"

namespace drivers::agent {

struct LogindAnswer {
  bool absent = false;  ///< nobody there who could be asked
  Failure failure;
};

class LogindTalk {
 public:
  static constexpr reactor::Duration kCallLimit{5'000};
  /// For all of a suspend, by the clock that stands still in a sleep: other people's delays (5 s by
  /// default), and the ways down and up.
  static constexpr reactor::Duration kAwakeLimit{60'000};

  using Done = std::function<void(LogindAnswer)>;

  /// Begins at once. `done` is called once, on the loop, never from inside the call; it may destroy
  /// this.
  LogindTalk(reactor::Loop& loop, const std::string& address, bool suspend, Done done);
  ~LogindTalk();
  LogindTalk(const LogindTalk&) = delete;
  LogindTalk& operator=(const LogindTalk&) = delete;

 private:
  void ask_inhibitors(sd_bus_message* can_suspend);
  void judge(sd_bus_message* inhibitors);
  void take_delay();
  void suspend(sd_bus_message* inhibitor);
  void begun(sd_bus_message* reply);
  void prepare(sd_bus_message* signal);
  void late();
  void let_go();
  void end(LogindAnswer answer);

  reactor::Loop& loop_;
  const bool suspend_;
  Done done_;
  Bus bus_;
  reactor::Timer limit_;
  int delay_ = -1;  ///< file descriptor of our inhibitor
  bool down_ = false;
};

}  // namespace drivers::agent
