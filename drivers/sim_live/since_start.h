// A scheduler whose time begins at zero when it is made, on one whose time begins elsewhere: loads
// and faults of a scenario are told from zero on.
#pragma once

#include "reactor/scheduler.h"

namespace drivers::sim_live {

class SinceStart final : public reactor::Scheduler {
 public:
  explicit SinceStart(reactor::Scheduler& loop)
      : loop_(loop), start_(loop.now().time_since_epoch()) {}

  reactor::Instant now() const override { return loop_.now() - start_; }
  void post(reactor::Work work) override { loop_.post(std::move(work)); }
  void after(reactor::Duration delay, reactor::Work work) override {
    loop_.after(delay, std::move(work));
  }

 private:
  reactor::Scheduler& loop_;
  const reactor::Duration start_;
};

}  // namespace drivers::sim_live
