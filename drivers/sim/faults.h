// Which faults of the scenario are in force now. Models ask it at the place where the real thing
// would fail, so a fault is one condition there and nothing else.
#pragma once

#include <algorithm>

#include "drivers/sim/scenario.h"
#include "reactor/scheduler.h"

namespace drivers::sim {

class Faults {
 public:
  Faults(const reactor::Scheduler& loop, std::vector<Fault> faults)
      : loop_(loop), faults_(std::move(faults)) {}

  bool now(FaultKind kind, const actors::HostId& host = {}) const {
    return in_force(kind, host) != nullptr;
  }
  /// What the fault that is in force is by; zero: none is.
  Duration by(FaultKind kind, const actors::HostId& host = {}) const {
    const Fault* fault = in_force(kind, host);
    return fault ? fault->by : Duration{0};
  }
  const std::vector<Fault>& all() const { return faults_; }

 private:
  const Fault* in_force(FaultKind kind, const actors::HostId& host) const {
    const Duration t = loop_.now().time_since_epoch();
    const auto found = std::ranges::find_if(faults_, [&](const Fault& fault) {
      return fault.kind == kind && fault.at <= t && t < fault.until && fault.host == host;
    });
    return found == faults_.end() ? nullptr : &*found;
  }

  const reactor::Scheduler& loop_;
  std::vector<Fault> faults_;
};

}  // namespace drivers::sim
