// Which hosts may sleep, and which are awake though nobody needs them: drills, the reserve, and the
// records of wakes that both rest on. What it comes to for a host is one word to it, `Needed`.
#pragma once

#include "actors/director/input.h"
#include "actors/director/pool_guard.h"
#include "actors/policy/drills.h"
#include "actors/policy/reserve.h"

namespace actors {

class Readiness {
 public:
  Readiness(Stage& stage, const PoolGuard& guard)
      : stage_(stage), pool_(stage.pool), guard_(guard) {}

  void take(const input::WakesRead& event);
  void take(const input::DrillAsked& event);

  /// A VM wants a server node.
  void demanded() { reserve_.demanded(stage_.now, pool_.settings.power); }
  /// In each turn, before needs_of().
  void choose_reserve();
  Needed needs_of(Host& host);

  /// A host's actor changed its state; in the old one it was from `since` on.
  void changed(Host& host, const HostChanged& change, reactor::Instant since);
  /// Its record is read; once it was, it is kept.
  void sync_wakes(const Host& host);
  void forget(const HostId& host) { drills_.forget(host); }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("drills", self.drills_)("reserve", self.reserve_)("reserved", self.reserved_);
  }

 private:
  void ask_drill(Host& host);
  std::string why_no_drill(const Host& host) const;
  void drill_ended(Host& host, Duration took, bool resumed);
  bool weighed(const Host& host) const;
  std::set<HostId> best_empty(std::int64_t most) const;

  Stage& stage_;
  Pool& pool_;
  const PoolGuard& guard_;
  Drills drills_;
  Reserve reserve_;
  bool reserved_ = false;  ///< some host is
};

}  // namespace actors
