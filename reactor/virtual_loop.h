// Virtual time: the loop of simulations, replays and tests. Nothing waits; time jumps to the next
// alarm. One thread only, post() included.
#pragma once

#include <algorithm>
#include <deque>

#include "reactor/alarms.h"
#include "reactor/scheduler.h"

namespace reactor {

class VirtualLoop final : public Scheduler {
 public:
  Instant now() const override { return now_; }
  void post(Work work) override { posted_.push_back(std::move(work)); }
  void after(Duration delay, Work work) override {
    alarms_.set(now_ + std::max(delay, Duration::zero()), std::move(work));
  }

  /// When the next alarm is due, for who looks at the world after each moment.
  std::optional<Instant> next() const { return alarms_.next(); }

  /// Runs all that is due up to and at `end`, in order, and leaves the time there.
  void run_until(Instant end) {
    run_posted();
    while (alarms_.next() && *alarms_.next() <= end) {
      now_ = std::max(now_, *alarms_.next());
      if (auto work = alarms_.take_due(now_)) (*work)();
      run_posted();
    }
    now_ = std::max(now_, end);
  }
  void advance(Duration time) { run_until(now_ + time); }

 private:
  void run_posted() {
    for (; !posted_.empty();) {
      const Work work = std::move(posted_.front());
      posted_.pop_front();
      work();
    }
  }

  Instant now_{};
  Alarms alarms_;
  std::deque<Work> posted_;
};

}  // namespace reactor
