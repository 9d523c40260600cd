// "mem" into /sys/power/state, in a thread: the write returns after the resume, or with what kept
// the host awake. There is no time limit: nothing can end such a write.
//
// "mem" is S3 only if mem_sleep has `deep` selected; else it may be s2idle, which saves little. It
// is selected where it is offered, and the host stays up where it is not.
#pragma once

#include <string>

#include "drivers/agent/suspend_way.h"
#include "reactor/loop.h"
#include "reactor/pool.h"

namespace drivers::agent {

class SysWay final : public SuspendWay {
 public:
  /// `sys`: /sys, or a test's.
  SysWay(reactor::Loop& loop, const std::string& sys)
      : loop_(loop), power_(sys + "/power"), pool_(loop, 1, 1) {}

  void check(Done done) override;
  void sleep(Done done) override;
  bool can_be_proved() const override { return true; }

 private:
  reactor::Loop& loop_;
  const std::string power_;
  reactor::Pool pool_;
};

/// Makes "mem" mean S3. Failure: this kernel or board has no S3. `power`: the folder /sys/power.
Failure select_deep(const std::string& power);

}  // namespace drivers::agent
