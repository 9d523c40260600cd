// The packing algorithm of the paper (§III-C): an overloaded warehouse node sends its greediest VM
// to a server node of its own; a VM that became idle comes back to the first warehouse node with
// room.
#pragma once

#include "actors/policy/policy.h"

namespace actors {

class Paper2011 final : public Policy {
 public:
  std::vector<Intent> plan(reactor::Instant now, const Pool& pool,
                           const Scope& scope) const override;
};

}  // namespace actors
