// Wakes hosts and reads their power state: the port by an ordered list of ways for each host.
//
// So many operations are in flight at a time, and one on each way, since BMCs have few sessions and
// don't like to be asked twice; the others wait, wakes before reads, and how many may wait is
// bounded. Source: POWER.md §8.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <vector>

#include "drivers/power/way.h"
#include "reactor/timer.h"

namespace drivers::power {

inline constexpr std::size_t kMostWaiting = 20'000;  ///< a wake and a read of 10 000 hosts

struct HostWays {
  std::vector<std::unique_ptr<Way>> wake;  ///< in the order they are tried
  std::unique_ptr<Way> reader;             ///< none: the first of them that reads
};
using PoolWays = std::map<actors::HostId, HostWays>;

class Waker final : public actors::ports::HostWake {
 public:
  /// `operations`: in flight at a time, at least 1.
  Waker(reactor::Loop& loop, PoolWays ways, std::int64_t operations);

  /// From the next call on; what runs or waits goes on as it began (SIGHUP).
  void configure(PoolWays&& ways, std::int64_t operations);

  /// As the port says; unreachable too if kMostWaiting wait already.
  void wake(const actors::HostId& host, int way, Done<reactor::Unit> done) override;
  void read(const actors::HostId& host, Done<Power> done) override;

 private:
  struct Slot {
    std::unique_ptr<Way> way;
    bool busy = false;
    std::size_t calls = 0;  ///< in flight or waiting
    bool retired = false;   ///< goes with its last call
  };
  struct Host {
    std::vector<Slot*> wake;
    Slot* reader = nullptr;
  };
  struct Job {
    Slot* slot;
    std::function<void(Way&)> start;
  };
  using Queue = std::list<Job>;

  Slot* add(std::unique_ptr<Way> way);
  void add(const actors::HostId& host, HostWays ways);
  template <class T>
  void enqueue(Queue& queue, Slot& slot, Done<T> done, void (Way::*call)(Done<T>));
  template <class T>
  void fail(Done<T> done, reactor::Errc code, std::string detail);
  void ended(Slot& slot);
  void serve();
  void serve(Queue& queue);

  reactor::Loop& loop_;
  std::size_t operations_ = 0, in_flight_ = 0;
  std::list<Slot> slots_;
  std::map<actors::HostId, Host> hosts_;
  Queue wakes_, reads_;
  reactor::Timer serve_;  ///< so that no way is called, or goes, from inside its own `done`
};

}  // namespace drivers::power
