// The operator's own command: puts the host to sleep and returns once it is up again.
//
// There is no time limit on the clock, since a sleep may last for days and in some ways of sleeping
// (the lab freezes a host) the loop's clock goes on. A command that does not return while the loop
// was seen running for kAwakeSeconds has failed and is killed.
#pragma once

#include <uv.h>

#include <string>
#include <vector>

#include "drivers/agent/suspend_way.h"
#include "reactor/loop.h"

namespace drivers::agent {

class CommandWay final : public SuspendWay {
 public:
  static constexpr int kAwakeSeconds = 60;

  /// `argv`: not empty; run as it is, without a shell.
  CommandWay(reactor::Loop& loop, const std::vector<std::string>& argv)
      : loop_(loop), argv_(argv) {}
  ~CommandWay() override;
  CommandWay(const CommandWay&) = delete;
  CommandWay& operator=(const CommandWay&) = delete;

  void check(Done done) override;
  void sleep(Done done) override;
  bool can_be_proved() const override { return false; }

 private:
  struct Process {  ///< outlives us by a turn of the loop, as libuv wants it
    uv_process_t handle{};
    CommandWay* owner = nullptr;
  };

  void watch(int seconds);
  void let_go();
  void finish(Failure failure);

  reactor::Loop& loop_;
  const std::vector<std::string> argv_;
  Process* process_ = nullptr;
  Done done_;
  int run_ = 0;
};

}  // namespace drivers::agent
