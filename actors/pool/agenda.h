// Which hosts a turn has to look at: those in which something changed, and those whose time has
// come. Looking at any other would come to nothing, so most turns look at few, however many hosts
// there are.
//
// Derived, and not part of a snapshot: whoever restores one touches all hosts.
#pragma once

#include <set>
#include <vector>

#include "actors/pool/pool.h"

namespace actors {

class Agenda {
 public:
  struct ByName {
    bool operator()(const Host* a, const Host* b) const { return a->plan.name < b->plan.name; }
  };
  using Hosts = std::set<Host*, ByName>;

  /// At the beginning of a turn: hosts whose time has come are touched.
  void begin(reactor::Instant now);
  /// To be looked at in this turn; once this turn has taken its hosts, in the next.
  void touch(Host& host);
  /// From here on in this turn, who is touched is looked at in the next too: its desk or the policy
  /// may have had their look at it.
  void begin_looks() { looking_ = true; }
  /// To be touched in the first turn from `when` on.
  void touch_at(reactor::Instant when, Host& host);
  /// The same for who is asked anew, each time it was touched, when it wants to be next.
  void look_again(Host& host, reactor::Instant when);
  /// Who is on a server node, is coming or may come may have changed: to be asked once a plan.
  void server_changed() { server_changed_ = true; }
  bool any_server_changed() const { return server_changed_; }
  void planned() { server_changed_ = false; }

  const Hosts& hosts() const { return hosts_; }
  Hosts take_hosts();
  /// Before the host goes.
  void forget(Host& host);

 private:
  struct Later {
    reactor::Instant when;
    Host* host;
  };
  static bool later(const Later& a, const Later& b) { return a.when > b.when; }

  Hosts hosts_, again_;
  bool looking_ = false;
  std::vector<Later> later_;  ///< a heap, the next one first; a host may be in it several times
  bool server_changed_ = false;
};

}  // namespace actors
