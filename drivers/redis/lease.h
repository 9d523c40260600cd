// One controller per pool: the lease in Redis, and the epoch that goes with it.
//
// The key `lease` holds "NAME PID" and runs out by itself; it is renewed each third of its time. A
// second controller is told who holds it; the same one restarted (same NAME) takes over at once. An
// epoch is one more than the highest that Redis or any host has seen, so that agents can tell an
// old controller's orders. Renewing writes, so a Redis that takes no writes (full, a replica, disk
// gone) loses the lease too. Source: DESIGN.md §5.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "actors/ports/ids.h"
#include "drivers/redis/connection.h"
#include "drivers/redis/keys.h"
#include "reactor/timer.h"

namespace drivers::redis {

struct LeaseSettings {
  Keys keys;
  std::string value;  ///< "NAME PID" (Holder::lease_value)
  reactor::Duration time{5'000};
  std::vector<actors::HostId> hosts;  ///< whose hashes may know a higher epoch
};

struct LeaseEvents {
  std::function<void()> held;             ///< epoch() is right from now on
  std::function<void(std::string)> lost;  ///< or not got: why, naming the holder if there is one
};

class Lease {
 public:
  Lease(reactor::Loop& loop, Connection& connection, LeaseSettings settings, LeaseEvents events);

  /// Asks for it from now on, until disconnected(). To be called at each up() of the connection.
  void connected();
  /// Not held any more. No event: the owner knows.
  void disconnected();

  /// A write failed although the lease seemed held: lost, and asked for again.
  void doubt(const std::string& why);

  bool held() const { return held_; }
  std::int64_t epoch() const { return epoch_; }

  /// Gives it back, if it is ours, so that another controller need not wait. Held no more at once.
  void release(std::function<void()> done);

  void set_hosts(std::vector<actors::HostId> hosts) { settings_.hosts = std::move(hosts); }

 private:
  void ask();
  void answered(const reactor::Result<Value>& reply, reactor::Instant asked);
  void lose(const std::string& why);

  reactor::Loop& loop_;
  Connection& connection_;
  LeaseSettings settings_;
  LeaseEvents events_;
  reactor::Timer renew_;
  bool asked_ = false, held_ = false;
  std::int64_t epoch_ = 0;
  reactor::Instant held_until_{};
};

}  // namespace drivers::redis
