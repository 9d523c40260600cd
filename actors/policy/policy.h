// A policy looks at the pool and says what it would do. It keeps no state and gives no orders: the
// actors keep the guards (hold, ticket, one migration per VM, promises) and may refuse.
// Source: DESIGN.md §4 "Who decides what"; paper §III-C ("independent of packing algorithms").
#pragma once

#include <memory>

#include "actors/pool/pool.h"

namespace actors {

/// To a server node; also another server node, while the first has not been reached.
struct DistributeIntent {
  VmId vm;
  HostId to;
  Reason why;
};
/// The distribution of a VM that has not started to move is not wanted any more.
struct CallOffIntent {
  VmId vm;
  Reason why;
};
/// To the desk of a warehouse node, for a VM that asks.
struct ReturnIntent {
  VmId vm;
  HostId to;
};
/// Nowhere to go for a VM that asks.
struct NoRoomIntent {
  VmId vm;
  Reason why;
};
/// Nothing can be done for this host; said once on the tail.
struct SayIntent {
  HostId host;
  Reason why;
};
using Intent = std::variant<DistributeIntent, CallOffIntent, ReturnIntent, NoRoomIntent, SayIntent>;

/// What may have changed since the last plan: by an event, or because its time has come. For the
/// rest the last plan's intents stand.
struct Scope {
  std::vector<const Host*> hosts;  ///< their load, their VMs, their desks
  bool server_nodes = true;        ///< which of them may be used
};

class Policy {
 public:
  virtual ~Policy() = default;
  virtual std::vector<Intent> plan(reactor::Instant now, const Pool& pool,
                                   const Scope& scope) const = 0;
};

/// By the name in conf.yaml (`policy`). None: no such policy.
std::unique_ptr<Policy> make_policy(std::string_view name);
/// Names that make_policy() knows.
std::vector<std::string_view> policy_names();

}  // namespace actors
