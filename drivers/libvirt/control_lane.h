// The lane of control calls (looks, switches, aborts): none waits for a migration, each has a
// deadline.
//
// At the deadline a call's `done` gets its error, though its thread may still hang. Such a thread
// is counted as hung; the lane has a spare for each, so that fresh calls go on. The bound: one host
// may keep half of the lane busy, no more; and a thread that has not come back after kHungLimits
// deadlines has its host's connection cut (by `on_hung`), which ends all calls on it. So whatever
// libvirtd does, the lane is whole again after kHungLimits * call_limit.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "actors/ports/done.h"
#include "drivers/libvirt/event_loop.h"
#include "drivers/libvirt/scope.h"
#include "drivers/settings.h"
#include "reactor/pool.h"

namespace drivers::libvirt {

/// Above libvirt's own 30 s for a domain's job lock, at the default limit of 10 s: what libvirtd
/// gives up by itself does not cost the link.
inline constexpr int kHungLimits = 4;
inline constexpr std::size_t kMostWaiting = 4'096;

class ControlLane {
 public:
  /// What a call goes to, and whose sockets it waits on.
  struct Line {
    actors::HostId host;
    Owner owner = 0;
  };
  using OnHung = std::function<void(Owner)>;

  ControlLane(Scope& scope, const LibvirtSettings& settings, OnHung on_hung);

  /// Runs `call` in a thread, then `done` on the loop, once, never from inside this. `late`: what a
  /// call that was begun and has not ended at its deadline answers; one not begun by then, or for
  /// which there is no room, answers unreachable.
  template <class T>
  void run(const Line& line, const std::string& what, reactor::Errc late,
           std::function<reactor::Result<T>()> call, actors::ports::Done<T> done) {
    const auto fail = [done](reactor::Error error) { done(std::move(error)); };
    const std::uint64_t id =
        admit({.line = line, .what = what, .late = late, .fail = fail, .start = {}});
    const auto answered = [this, id, done](reactor::Result<T> result) {
      if (end(id)) done(std::move(result));
    };
    enqueue(id, [this, call = std::move(call), answered] { return pool_.submit(call, answered); });
  }

  /// Calls whose deadline has passed and whose threads have not come back.
  std::size_t hung() const { return hung_; }

 private:
  struct Call {
    Line line;
    std::string what;
    reactor::Errc late = reactor::Errc::unreachable;
    std::function<void(reactor::Error)> fail;
    std::function<bool()> start;
    bool begun = false;
    bool answered = false;
  };

  std::uint64_t admit(Call call);
  void enqueue(std::uint64_t id, std::function<bool()> start);
  bool end(std::uint64_t id);
  void start_waiting();
  bool start(std::uint64_t id);
  void deadline(std::uint64_t id);
  void still_hung(std::uint64_t id);
  void answer(Call& call, reactor::Errc code, const std::string& detail);

  Scope& scope_;
  LibvirtSettings settings_;
  OnHung on_hung_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Call> calls_;
  std::deque<std::uint64_t> waiting_;
  std::map<actors::HostId, std::size_t> busy_;  ///< threads at work, hung ones included
  std::size_t fresh_ = 0, hung_ = 0;            ///< the same, of all hosts, apart
  reactor::Pool pool_;  ///< last: its threads end before what they answer to
};

}  // namespace drivers::libvirt
