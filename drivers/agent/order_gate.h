// Which orders count: those for this boot, from no older controller than one heard, and in time.
// Pure. Source: DESIGN.md §5 (epoch, boot, ttl), §9 (an order must not outlive who gave it).
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "actors/ports/orders.h"

namespace drivers::agent {

class OrderGate {
 public:
  explicit OrderGate(actors::BootId boot) : boot_(std::move(boot)) {}

  /// None: it counts. Else why not; the agent then refuses it as stale_order. `age`: on Redis's
  /// clock, since our own may be wrong after a sleep.
  std::optional<std::string> check(const actors::ports::Order& order, reactor::Duration age);

  /// The highest heard, also in the hash an earlier agent of this host left.
  std::int64_t epoch() const { return epoch_; }
  void heard(std::int64_t epoch) { epoch_ = std::max(epoch_, epoch); }

 private:
  actors::BootId boot_;
  std::int64_t epoch_ = 0;
};

}  // namespace drivers::agent
