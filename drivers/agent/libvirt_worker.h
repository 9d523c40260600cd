// LocalLibvirt for the loop: each question on a thread, each answer within a limit.
//
// A lane of one thread for each: the bulk statistics may hang for 30 s on a broken postcopy (LAB.md
// §7), and whether a domain is here must not wait for that. A question while the lane still has one
// that is late fails at once, so nothing piles up.
#pragma once

#include <functional>
#include <map>

#include "actors/ports/done.h"
#include "drivers/agent/local_libvirt.h"
#include "reactor/loop.h"
#include "reactor/pool.h"

namespace drivers::agent {

class LibvirtWorker {
 public:
  LibvirtWorker(reactor::Loop& loop, const std::string& uri);

  /// `done` runs exactly once, on the loop, never from inside the call. Errors: unreachable; busy
  /// (not answered within `limit`, or an earlier question still is not).
  void counters(reactor::Duration limit, actors::ports::Done<DomainList> done);
  void inventory(reactor::Duration limit,
                 actors::ports::Done<std::vector<actors::ports::InventoryVm>> done);
  void residents(reactor::Duration limit, actors::ports::Done<std::vector<std::string>> done);
  void waiting(const actors::VmId& vm, reactor::Duration limit,
               actors::ports::Done<std::string> done);

  /// A call has not come back: who destroys this waits for it.
  bool hangs() const {
    return counters_.busy || inventory_.busy || residents_.busy || waiting_.busy;
  }

 private:
  struct Lane {
    explicit Lane(reactor::Loop& loop) : pool(loop, 1, 1) {}
    bool busy = false;
    int asked = 0;     ///< number of the question in hand
    int answered = 0;  ///< number of the last one whose `done` has run
    reactor::Pool pool;
  };

  template <class T>
  void ask(Lane& lane, reactor::Duration limit, std::function<reactor::Result<T>()> question,
           actors::ports::Done<T> done);

  reactor::Loop& loop_;
  LocalLibvirt libvirt_;
  Lane counters_, inventory_, residents_, waiting_;
};

}  // namespace drivers::agent
