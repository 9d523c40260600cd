// Which host is in a drill: put to sleep while nobody needs it, and woken, to show that it wakes.
//
// One at a time in the pool, so that a fault of all of them (a dead switch, a wrong password) costs
// one host. Pure. Source: DESIGN.md §7; `power.proof` in conf.yaml.
#pragma once

#include <algorithm>
#include <optional>

#include "actors/pool/pool.h"

namespace actors {

class Drills {
 public:
  /// An operator wants to see it wake, proven or not.
  void ask(const HostId& host);
  bool asked(const HostId& host) const { return std::ranges::count(asked_, host) > 0; }
  bool runs(const HostId& host) const { return running_ == host; }

  /// Begins one with this host, if none runs and its time has come: it could go to sleep now, or
  /// sleeps and was asked for.
  void consider(reactor::Instant now, const Host& host, const Settings& settings);
  /// Whether it may sleep at all: proven, or in a drill, or no proof is wanted.
  bool may_sleep(reactor::Instant now, const Host& host, const PowerSettings& settings) const;
  /// The host came into another state. True: its drill is over.
  bool moved(const HostId& host, HostState to);
  void forget(const HostId& host);

  /// Hosts that may be drilled now: each is allowed to sleep, and nobody needs it.
  static std::vector<HostId> empty_hosts(const Pool& pool);

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("running", self.running_)("asked", self.asked_);
  }

 private:
  std::optional<HostId> running_;
  std::vector<HostId> asked_;  ///< each once
};

}  // namespace actors
