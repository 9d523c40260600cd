// libvirt's event loop on ours: its sockets and timeouts are watched by libuv.
//
// libvirt adds, changes and removes watches from every thread that calls it (virConnectOpen does),
// and libuv may be touched by the loop's thread only. So a request takes its id under a mutex,
// waits in a queue, and wakes the loop, which carries it out. All callbacks of libvirt run on the
// loop's thread, outside of the mutex. Source: DESIGN.md §3 (a); virEventRegisterImpl.
//
// libvirt takes one implementation for the life of a process and hands it no pointer. Hence the one
// global of this driver (event_loop.cpp): the EventLoop that is there now. At most one at a time;
// without one, libvirt's requests fail, and removals do nothing.
#pragma once

#include <libvirt/libvirt.h>
#include <uv.h>

#include <cstdint>
#include <map>
#include <vector>

#include "reactor/loop.h"

namespace drivers::libvirt {

/// Whom a socket of libvirt belongs to: numbers the driver gives out. 0: nobody.
using Owner = std::uint64_t;

/// As long as it lives, the sockets that libvirt opens in this thread belong to `owner`.
class OwnSockets {
 public:
  explicit OwnSockets(Owner owner);
  ~OwnSockets();
  OwnSockets(const OwnSockets&) = delete;
  OwnSockets& operator=(const OwnSockets&) = delete;
};

class EventLoop {
 public:
  /// Ignores SIGPIPE in the whole process.
  explicit EventLoop(reactor::Loop& loop);
  /// On the loop's thread. Frees what libvirt has removed; connections that are still open then get
  /// no events any more.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs, now, what libvirt has put on the loop to be run at once. What a connection announced
  /// before it answered a call has then been heard before that answer is used. Loop's thread only.
  void catch_up();

  /// Shuts the sockets of `owner` down, so that every call that waits on one of them, in whatever
  /// thread, ends with an error at once.
  void cut(Owner owner);

  /// The same for all owned sockets, those still to come included: for the end of the driver.
  void cut_all();

 private:
  friend struct Callbacks;

  struct Freed {
    virFreeCallback free = nullptr;
    void* opaque = nullptr;
  };
  struct Watch {
    int fd = -1;   ///< libvirt's, told to its callback
    int own = -1;  ///< our duplicate, polled
    int events = 0;
    virEventHandleCallback call = nullptr;
    Freed opaque;
    Owner owner = 0;
  };
  struct Timeout {
    int every_ms = -1;  ///< -1: off; 0: at once, again and again until changed
    virEventTimeoutCallback call = nullptr;
    Freed opaque;
  };
  struct Request {
    enum class What { watch, timeout } what = What::watch;
    int id = 0;
    bool removed = false;  ///< else added or changed
    int own = -1;          ///< of a watch removed: to close
    Freed freed;           ///< of one removed
  };
  struct Poll {
    uv_poll_t handle{};
    EventLoop* owner = nullptr;
    int id = 0;
  };
  struct Timer {
    uv_timer_t handle{};
    EventLoop* owner = nullptr;
    int id = 0;
  };

  // From any thread, under the mutex.
  int add_watch(int fd, int events, virEventHandleCallback call, Freed opaque);
  int update_watch(int id, int events);
  int remove_watch(int id);
  int add_timeout(int every_ms, virEventTimeoutCallback call, Freed opaque);
  int update_timeout(int id, int every_ms);
  int remove_timeout(int id);
  void request(Request request);

  // On the loop.
  void carry_out();
  void carry_out_watch(const Request& request);
  void carry_out_timeout(const Request& request);
  Poll* new_poll(int id, int own);
  void close_poll(int id);
  void ready(int id, int status, int events);
  void due(int id);

  uv_loop_t* uv_;
  uv_async_t* wake_;
  std::map<int, Poll*> polls_;    ///< by the watch's id; freed by libuv's close callback, as
  std::map<int, Timer*> timers_;  ///< these, by the timeout's id

  // Under the mutex.
  std::map<int, Watch> watches_;
  std::map<int, Timeout> timeouts_;
  std::vector<Request> requests_;
  int next_id_ = 1;
  bool cutting_all_ = false;
};

}  // namespace drivers::libvirt
