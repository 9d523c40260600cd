// One line of the journal, of the tail and of an expected journal: who changed, from what to what,
// and why.
#pragma once

#include "actors/reason.h"

namespace actors {

enum class ActorKind { vm, host, desk, migration, pool };
constexpr auto names(ActorKind) {
  return std::array{"vm"sv, "host"sv, "desk"sv, "migration"sv, "pool"sv};
}

/// What a pool's changes name; one that concerns none of them says it as `running`.
enum class PoolState { leading, held, blind };
constexpr auto names(PoolState) {
  return std::array{"leading"sv, "held"sv, "blind"sv};
}

struct Change {
  ActorKind kind = ActorKind::pool;
  std::string id;        ///< UUID, host name, migration id, or the pool's name
  std::string name;      ///< for people
  std::string from, to;  ///< the same: refused, or something worth saying within the state
  Reason reason;
  std::string vm, host;  ///< whom else it is about, for who follows one VM or one host
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("actor", self.kind)("id", self.id)("name", self.name)("from", self.from);
    archive("to", self.to)("reason", self.reason)("vm", self.vm)("host", self.host);
  }
};

}  // namespace actors
