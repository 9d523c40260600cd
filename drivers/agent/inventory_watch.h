// When to read the inventory again, and whether it changed. libvirt's bulk statistics show each
// second which domains there are; what they do not show (a device plugged in) is looked at every 30
// s. Pure.
#pragma once

#include <tuple>
#include <vector>

#include "drivers/agent/counters.h"

namespace drivers::agent {

class InventoryWatch {
 public:
  static constexpr reactor::Duration kLookAgain{30'000};

  /// True: read the inventory now, and put() it.
  bool due(reactor::Instant now, const DomainList& domains);

  /// True: it is another than before, or the first.
  bool put(std::vector<actors::ports::InventoryVm> inventory);

  bool known() const { return known_; }
  const std::vector<actors::ports::InventoryVm>& inventory() const { return inventory_; }

 private:
  using Mark = std::tuple<actors::VmId, std::string, std::int32_t, actors::Kib>;

  bool known_ = false;
  std::vector<actors::ports::InventoryVm> inventory_;
  std::vector<Mark> seen_, put_;  ///< the domains last seen; those of the inventory
  reactor::Instant put_at_{}, now_{};
};

}  // namespace drivers::agent
