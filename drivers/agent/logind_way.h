// By systemd-logind over D-Bus: other people's inhibitors and hooks are heard.
#pragma once

#include <map>
#include <string>

#include "drivers/agent/logind_talk.h"
#include "drivers/agent/suspend_way.h"
#include "drivers/agent/sys_way.h"

namespace drivers::agent {

class LogindWay final : public SuspendWay {
 public:
  /// `sys`: /sys, or a test's. `bus`: address of the system's bus; empty: where it always is.
  LogindWay(reactor::Loop& loop, const std::string& sys, std::string bus)
      : loop_(loop), power_(sys + "/power"), bus_(std::move(bus)) {}

  void check(Done done) override;
  void sleep(Done done) override;
  bool can_be_proved() const override { return true; }

  /// check(), and whether there is a logind at all.
  void ask(LogindTalk::Done done);

 private:
  void talk(bool suspend, LogindTalk::Done done);

  reactor::Loop& loop_;
  const std::string power_, bus_;
  std::map<int, LogindTalk> talks_;
  int begun_ = 0;
};

/// By logind if it runs, else by /sys/power/state: decided at each check.
class AutoWay final : public SuspendWay {
 public:
  AutoWay(reactor::Loop& loop, const std::string& sys, const std::string& bus)
      : logind_(loop, sys, bus), sys_(loop, sys) {}

  void check(Done done) override;
  void sleep(Done done) override;
  bool can_be_proved() const override { return true; }

 private:
  LogindWay logind_;
  SysWay sys_;
  SuspendWay* chosen_ = &sys_;
};

}  // namespace drivers::agent
