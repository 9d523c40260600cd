#include "drivers/agent/inventory_watch.h"

#include <utility>

namespace drivers::agent {

bool InventoryWatch::due(reactor::Instant now, const DomainList& domains) {
  now_ = now;
  seen_.clear();
  for (const DomainCounters& domain : domains)
    seen_.emplace_back(domain.vm, domain.name, domain.vcpus, domain.max_memory);
  return seen_ != put_ || now >= put_at_ + kLookAgain;
}

bool InventoryWatch::put(std::vector<actors::ports::InventoryVm> inventory) {
  put_ = seen_;
  put_at_ = now_;
  const bool changed = !known_ || inventory != inventory_;
  known_ = true;
  inventory_ = std::move(inventory);
  return changed;
}

}  // namespace drivers::agent
