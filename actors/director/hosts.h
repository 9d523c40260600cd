// Hosts: each event to a host's actor goes through here, so that nothing that it says gets lost.
// It is put on record, orders and wakes that it asks for are given, and who has to hear of its new
// state does.
#pragma once

#include "actors/director/links.h"
#include "actors/director/readiness.h"

namespace actors {

class Hosts {
 public:
  Hosts(Stage& stage, PoolGuard& guard, Readiness& readiness, Links& links)
      : stage_(stage), pool_(stage.pool), guard_(guard), readiness_(readiness), links_(links) {}

  void tell(Host& host, const HostEvent& event);
  /// What is known of it, and what it is needed for.
  void feed(Host& host);

  // What became of what its actor asked for.
  void take(const input::AgentReply& event);
  void take(const input::OrderDone& event);
  void take(const input::WakeDone& event);
  void take(const input::PowerDone& event);

 private:
  void put_on_record(const Host& host, const HostChanged& change);
  void act(Host& host, const HostEffect& effect);
  void give(Host& host, ports::OrderKind kind);
  void only_say_idle(Host& host);

  Stage& stage_;
  Pool& pool_;
  PoolGuard& guard_;
  Readiness& readiness_;
  Links& links_;
};

}  // namespace actors
