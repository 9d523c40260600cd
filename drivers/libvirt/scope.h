// A loop of one's own: what is posted or set here runs on the real loop, and ends with this object.
//
// Threads and alarms outlive what they work for: an answer may come, or a deadline pass, when the
// driver that asked is gone. Nothing runs after the destructor; what was still waiting is dropped.
#pragma once

#include <uv.h>

#include <mutex>
#include <vector>

#include "reactor/alarms.h"
#include "reactor/loop.h"

namespace drivers::libvirt {

class Scope final : public reactor::Scheduler {
 public:
  explicit Scope(reactor::Loop& loop);
  /// On the loop's thread, outside of this scope's own work, when no other thread can post any
  /// more.
  ~Scope() override;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  reactor::Instant now() const override { return loop_.now(); }
  void post(reactor::Work work) override;
  void after(reactor::Duration delay, reactor::Work work) override;

 private:
  /// On the heap, since libuv closes a handle only in a later turn.
  struct Handles {
    uv_async_t wake{};
    uv_timer_t alarm{};
    int closed = 0;
  };

  void run_posted();
  void run_due();
  void arm();

  reactor::Loop& loop_;
  Handles* handles_;
  reactor::Alarms alarms_;
  std::mutex mutex_;
  std::vector<reactor::Work> posted_;  ///< under mutex_
};

}  // namespace drivers::libvirt
