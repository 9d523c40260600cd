// The libuv loop as the rest of nemuri sees it: turns, posted work, alarms, a 100 ms tick, signals.
//
// A turn is one round of the loop. Its end runs just before the loop waits for the world again, so
// everything that came in together is handled together, at one time. All methods but post() belong
// to the loop's thread. Source: DESIGN.md §3, §4; LIMITS on timers: one tick over deadlines.
#pragma once

#include <uv.h>

#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "reactor/alarms.h"
#include "reactor/scheduler.h"

namespace reactor {

class Loop final : public Scheduler {
 public:
  Loop();
  /// Closes its own handles and runs until they are closed. Who holds other handles on uv() closes
  /// them first: a handle that is still open then is a programmer's error.
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Instant now() const override;
  void post(Work work) override;
  void after(Duration delay, Work work) override;

  /// Called at the end of each turn, in the order added.
  void on_turn_end(Work work) { turn_ends_.push_back(std::move(work)); }
  /// Called every 100 ms, in the order added; late ticks are left out, not made up for.
  void on_tick(Work work);
  /// Called on the loop when the process gets `signum`.
  void on_signal(int signum, Work work);

  void run();   ///< until stop()
  void stop();  ///< at the end of this turn

  uv_loop_t* uv() { return &uv_; }

 private:
  struct Signal {
    uv_signal_t handle;
    Work work;
  };

  void run_posted();
  void run_due();
  void run_ticks();
  void arm();
  void end_turn();

  uv_loop_t uv_{};
  uv_async_t wake_{};
  uv_timer_t alarm_{};
  uv_timer_t tick_{};
  uv_prepare_t turn_end_{};
  bool ending_ = false;

  /// The first look at the clock in this turn: libuv reads it again on the way.
  mutable std::optional<Instant> turn_time_;
  Alarms alarms_;
  std::deque<Work> turn_ends_, ticks_;  ///< may grow while they run: their places must stay
  std::list<std::unique_ptr<Signal>> signals_;

  std::mutex mutex_;
  std::vector<Work> posted_;  ///< under mutex_
};

}  // namespace reactor
