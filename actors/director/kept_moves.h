// Moves that an earlier controller began and did not see end: their definitions are still kept.
// What looks do not show of them (an end that died meanwhile, a VM that is on no host any more) is
// known from there only, so none is forgotten, whenever a controller is killed.
//
// They are read whenever this one begins to lead. A VM that is whole somewhere needs its no more.
// One that is not, once its hosts were seen, gets a record with these ends, whose looks judge as
// always: but a VM of which nothing is left anywhere is only started anew if that was already being
// done, as its guest may have been shut down meanwhile.
#pragma once

#include "actors/director/pool_guard.h"
#include "actors/director/sightings.h"

namespace actors {

class KeptMoves {
 public:
  KeptMoves(Stage& stage, const PoolGuard& guard, Sightings& sightings)
      : stage_(stage), pool_(stage.pool), guard_(guard), sightings_(sightings) {}

  void ask() { stage_.ask(effect::ReadMoves{}); }
  void take(const input::MovesRead& event);
  /// In each turn: of those that were read, whose it is time for.
  void settle();

 private:
  void keep(const ports::KeptMove& move);
  bool is_whole(const VmId& vm) const;
  void drop(const VmId& vm);
  bool hosts_seen(const ports::KeptMove& move) const;
  void follow(Kept& kept);
  void tell_not_named(Kept& kept);

  Stage& stage_;
  Pool& pool_;
  const PoolGuard& guard_;
  Sightings& sightings_;
};

}  // namespace actors
