// Puts this host to sleep and says when it is up again: by a command, or by "mem" into
// /sys/power/state in a thread. Both return after the resume only.
//
// There is no time limit on the clock, since a sleep may last for days and in some ways of sleeping
// (the lab freezes a host) the loop's clock goes on. A command that does not return while the loop
// was seen running for kAwakeSeconds has failed and is killed.
#pragma once

#include <uv.h>

#include <functional>
#include <optional>
#include <string>

#include "drivers/agent/agent_settings.h"
#include "reactor/loop.h"
#include "reactor/pool.h"

namespace drivers::agent {

struct SleepOutcome {
  std::optional<std::string> failure;  ///< for people
  reactor::Duration slept{};           ///< by BOOTTIME, with the ways down and up
};

class Sleeper {
 public:
  static constexpr int kAwakeSeconds = 60;

  Sleeper(reactor::Loop& loop, const AgentSettings& settings);
  ~Sleeper();
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  /// One at a time. `done` runs exactly once, on the loop, never from inside the call.
  void sleep(std::function<void(SleepOutcome)> done);

  bool sleeping() const { return done_ != nullptr; }

 private:
  struct Process {  ///< outlives us by a turn of the loop, as libuv wants it
    uv_process_t handle{};
    Sleeper* owner = nullptr;
  };

  void run_command();
  void write_state();
  void watch(int seconds);
  void let_go();
  void finish(std::optional<std::string> failure);

  reactor::Loop& loop_;
  const AgentSettings& settings_;
  reactor::Pool pool_;
  Process* process_ = nullptr;
  std::function<void(SleepOutcome)> done_;
  reactor::Duration began_{};
  int run_ = 0;
};

}  // namespace drivers::agent
