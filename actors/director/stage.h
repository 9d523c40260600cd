// What every part of the director stands on in a turn: the pool and the time, which hosts are to be
// looked at, and what is said and asked for. What one part did, the next one finds.
#pragma once

#include <utility>
#include <vector>

#include "actors/director/change.h"
#include "actors/director/effect.h"
#include "actors/pool/agenda.h"

namespace actors {

struct Turn {
  std::vector<Change> changes;
  std::vector<Effect> effects;
};

struct Stage {
  Stage() = default;
  Stage(Stage&&) = delete;  // all parts refer to it

  Pool pool;
  std::int64_t epoch = 0;  ///< the highest that was heard of; orders carry it

  // One turn's.
  reactor::Instant now{};
  Agenda agenda;
  Turn out;

  void begin(reactor::Instant at);

  // What changed is looked at again: by whoever asks for its load; or also by who may use it.
  void touch(Host& host) { agenda.touch(host); }
  void touch_use(const HostId& host);
  void touch_use(Host& host);
  void touch_all();

  void say(Change change) { out.changes.push_back(std::move(change)); }
  /// What is worth a line though the host stays in its state.
  void say_of(const Host& host, Reason reason);
  void say_pool(std::string from, std::string to, Reason reason);
  void say_pool(PoolState from, PoolState to, Reason reason);
  void ask(Effect effect) { out.effects.push_back(std::move(effect)); }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("pool", self.pool)("epoch", self.epoch);
  }
};

}  // namespace actors
