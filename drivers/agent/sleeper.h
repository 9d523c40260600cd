// Puts this host to sleep and says when it is up again.
//
// check() is asked before anybody is told goodbye, so that what would go wrong is known early: the
// way itself, the device that is to wake the host, the alarm of its own clock. Afterwards a sleep
// that can be proved is proved: a suspend that was accepted is none yet.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "drivers/agent/agent_settings.h"
#include "drivers/agent/rtc_alarm.h"
#include "drivers/agent/sleep_proof.h"
#include "drivers/agent/suspend_way.h"
#include "reactor/loop.h"

namespace drivers::agent {

struct SleepOutcome {
  Failure failure;
  reactor::Duration slept{};  ///< by the clocks; of a command: as long as it took
};

/// The way that the settings name.
std::unique_ptr<SuspendWay> suspend_way(reactor::Loop& loop, const AgentSettings& settings);

class Sleeper {
 public:
  using WakeAfter = std::optional<reactor::Duration>;  ///< the host's own clock is to wake it then

  Sleeper(reactor::Loop& loop, const AgentSettings& settings, Clocks clocks = real_clocks());

  /// Whether a sleep would go well now. `done` as in SuspendWay.
  void check(WakeAfter wake_after, SuspendWay::Done done);

  /// One at a time. `done` runs exactly once, on the loop, never from inside the call.
  void sleep(WakeAfter wake_after, std::function<void(SleepOutcome)> done);

 private:
  Failure look_at_host(WakeAfter wake_after);
  void woke(Failure failure);
  void wait_for_carrier(SleepOutcome outcome, reactor::Instant limit);

  reactor::Loop& loop_;
  const AgentSettings& settings_;
  const Clocks clocks_;
  const std::unique_ptr<SuspendWay> way_;
  RtcAlarm alarm_;
  std::function<void(SleepOutcome)> done_;
  reactor::Duration began_{};
  std::optional<SleepProof> proof_;
};

}  // namespace drivers::agent
