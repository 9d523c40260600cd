#include "drivers/libvirt/event_loop.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <mutex>
#include <utility>

#include "drivers/libvirt/poll_events.h"
#include "reactor/invariant.h"

namespace drivers::libvirt {

namespace {

std::mutex mutex;               // guards `current` and all of its members marked so
EventLoop* current = nullptr;   // see event_loop.h
thread_local Owner owner_here;  // see OwnSockets

template <class Handle>
void close_and_delete(Handle* holder) {
  holder->handle.data = holder;
  uv_close(reinterpret_cast<uv_handle_t*>(&holder->handle),
           [](uv_handle_t* h) { delete static_cast<Handle*>(h->data); });
}

}  // namespace

OwnSockets::OwnSockets(Owner owner) {
  owner_here = owner;
}
OwnSockets::~OwnSockets() {
  owner_here = 0;
}

// What libvirt calls, from any of its threads.
struct Callbacks {
  template <class Request>
  static int ask(Request what) {
    const std::lock_guard lock{mutex};
    return current == nullptr ? -1 : what(*current);
  }
  static int add_watch(int fd, int events, virEventHandleCallback call, void* opaque,
                       virFreeCallback free) {
    return ask([&](EventLoop& e) { return e.add_watch(fd, events, call, {free, opaque}); });
  }
  static void update_watch(int id, int events) {
    ask([&](EventLoop& e) { return e.update_watch(id, events); });
  }
  static int remove_watch(int id) {
    return ask([&](EventLoop& e) { return e.remove_watch(id); });
  }
  static int add_timeout(int every_ms, virEventTimeoutCallback call, void* opaque,
                         virFreeCallback free) {
    return ask([&](EventLoop& e) { return e.add_timeout(every_ms, call, {free, opaque}); });
  }
  static void update_timeout(int id, int every_ms) {
    ask([&](EventLoop& e) { return e.update_timeout(id, every_ms); });
  }
  static int remove_timeout(int id) {
    return ask([&](EventLoop& e) { return e.remove_timeout(id); });
  }
};

EventLoop::EventLoop(reactor::Loop& loop) : uv_(loop.uv()), wake_(new uv_async_t) {
  std::signal(SIGPIPE, SIG_IGN);  // libvirt writes to sockets whose other end has gone
  wake_->data = this;
  const auto woken = [](uv_async_t* h) { static_cast<EventLoop*>(h->data)->carry_out(); };
  INVARIANT(uv_async_init(uv_, wake_, woken) == 0);
  {
    const std::lock_guard lock{mutex};
    INVARIANT(current == nullptr);
    current = this;
  }
  static std::once_flag once;
  std::call_once(once, [] {
    virEventRegisterImpl(Callbacks::add_watch, Callbacks::update_watch, Callbacks::remove_watch,
                         Callbacks::add_timeout, Callbacks::update_timeout,
                         Callbacks::remove_timeout);
  });
}

// Freeing one thing may remove another: hence carried out until nothing is left.
EventLoop::~EventLoop() {
  for (bool left = true; left;) {
    carry_out();
    const std::lock_guard lock{mutex};
    left = !requests_.empty();
    if (!left) current = nullptr;
  }
  for (const auto& [id, poll] : polls_)
    close_and_delete(poll);
  for (const auto& [id, watch] : watches_)
    close(watch.own);
  for (const auto& [id, timer] : timers_)
    close_and_delete(timer);
  uv_close(reinterpret_cast<uv_handle_t*>(wake_),
           [](uv_handle_t* h) { delete reinterpret_cast<uv_async_t*>(h); });
}

void EventLoop::request(Request request) {
  requests_.push_back(request);
  uv_async_send(wake_);
}

int EventLoop::add_watch(int fd, int events, virEventHandleCallback call, Freed opaque) {
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return -1;
  const int id = next_id_++;
  watches_.emplace(id, Watch{fd, own, events, call, opaque, owner_here});
  if (cutting_all_ && owner_here != 0) shutdown(own, SHUT_RDWR);
  request({.what = Request::What::watch, .id = id, .freed = {}});
  return id;
}

int EventLoop::update_watch(int id, int events) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return -1;
  found->second.events = events;
  request({.what = Request::What::watch, .id = id, .freed = {}});
  return 0;
}

int EventLoop::remove_watch(int id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return -1;
  const Watch watch = found->second;
  watches_.erase(found);
  request({Request::What::watch, id, true, watch.own, watch.opaque});
  return 0;
}

int EventLoop::add_timeout(int every_ms, virEventTimeoutCallback call, Freed opaque) {
  const int id = next_id_++;
  timeouts_.emplace(id, Timeout{every_ms, call, opaque});
  request({.what = Request::What::timeout, .id = id, .freed = {}});
  return id;
}

int EventLoop::update_timeout(int id, int every_ms) {
  const auto found = timeouts_.find(id);
  if (found == timeouts_.end()) return -1;
  found->second.every_ms = every_ms;
  request({.what = Request::What::timeout, .id = id, .freed = {}});
  return 0;
}

int EventLoop::remove_timeout(int id) {
  const auto found = timeouts_.find(id);
  if (found == timeouts_.end()) return -1;
  const Freed opaque = found->second.opaque;
  timeouts_.erase(found);
  request({Request::What::timeout, id, true, -1, opaque});
  return 0;
}

void EventLoop::carry_out() {
  std::vector<Request> batch;
  {
    const std::lock_guard lock{mutex};
    batch.swap(requests_);
  }
  for (const Request& request : batch) {
    if (request.what == Request::What::watch)
      carry_out_watch(request);
    else
      carry_out_timeout(request);
    if (request.freed.free != nullptr) request.freed.free(request.freed.opaque);
  }
}

void EventLoop::carry_out_watch(const Request& request) {
  if (request.removed) {
    close_poll(request.id);
    close(request.own);
    return;
  }
  std::unique_lock lock{mutex};
  const auto found = watches_.find(request.id);
  if (found == watches_.end()) return;  // its removal is in the queue
  const int events = to_uv(found->second.events);
  const int own = found->second.own;
  lock.unlock();
  const auto known = polls_.find(request.id);
  Poll* poll = known == polls_.end() ? new_poll(request.id, own) : known->second;
  const auto call = [](uv_poll_t* h, int status, int ready_events) {
    const auto* ready_poll = static_cast<Poll*>(h->data);
    ready_poll->owner->ready(ready_poll->id, status, ready_events);
  };
  if (poll != nullptr && events == 0) uv_poll_stop(&poll->handle);
  if (poll != nullptr && events != 0) uv_poll_start(&poll->handle, events, call);
}

EventLoop::Poll* EventLoop::new_poll(int id, int own) {
  auto poll = std::make_unique<Poll>();
  const int status = uv_poll_init(uv_, &poll->handle, own);
  if (status != 0) {
    spdlog::error("libvirt: cannot watch a descriptor: {}", uv_strerror(status));
    return nullptr;
  }
  poll->owner = this;
  poll->id = id;
  poll->handle.data = poll.get();
  return polls_.emplace(id, poll.release()).first->second;
}

void EventLoop::close_poll(int id) {
  const auto found = polls_.find(id);
  if (found == polls_.end()) return;
  close_and_delete(found->second);
  polls_.erase(found);
}

// libvirt's callbacks may take locks that other threads hold while they ask for a watch: so they
// run without ours. What a removed watch pointed to stays until its request is carried out, on this
// thread, later.
void EventLoop::ready(int id, int status, int events) {
  std::unique_lock lock{mutex};
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  const Watch watch = found->second;
  lock.unlock();
  const int told = to_libvirt(status, events & to_uv(watch.events));
  if (told != 0) watch.call(id, watch.fd, told, watch.opaque.opaque);
}

void EventLoop::carry_out_timeout(const Request& request) {
  Timer*& timer = timers_.try_emplace(request.id, nullptr).first->second;
  if (request.removed) {
    if (timer != nullptr) close_and_delete(timer);
    timers_.erase(request.id);
    return;
  }
  if (timer == nullptr) {
    timer = new Timer{.handle = {}, .owner = this, .id = request.id};
    uv_timer_init(uv_, &timer->handle);
    timer->handle.data = timer;
  }
  int every_ms = -1;
  {
    const std::lock_guard lock{mutex};
    const auto found = timeouts_.find(request.id);
    if (found != timeouts_.end()) every_ms = found->second.every_ms;
  }
  const auto call = [](uv_timer_t* h) {
    const auto* due_timer = static_cast<Timer*>(h->data);
    due_timer->owner->due(due_timer->id);
  };
  const auto ms = static_cast<std::uint64_t>(std::max(every_ms, 0));
  if (every_ms < 0)
    uv_timer_stop(&timer->handle);
  else
    uv_timer_start(&timer->handle, call, ms, std::max<std::uint64_t>(ms, 1));
}

void EventLoop::due(int id) {
  std::unique_lock lock{mutex};
  const auto found = timeouts_.find(id);
  if (found == timeouts_.end() || found->second.every_ms < 0) return;
  const Timeout timeout = found->second;
  lock.unlock();
  timeout.call(id, timeout.opaque.opaque);
}

void EventLoop::catch_up() {
  carry_out();
  std::vector<int> at_once;
  {
    const std::lock_guard lock{mutex};
    for (const auto& [id, timeout] : timeouts_)
      if (timeout.every_ms == 0) at_once.push_back(id);
  }
  for (const int id : at_once)
    due(id);
}

void EventLoop::cut(Owner owner) {
  const std::lock_guard lock{mutex};
  for (const auto& [id, watch] : watches_)
    if (watch.owner == owner) shutdown(watch.own, SHUT_RDWR);
}

void EventLoop::cut_all() {
  const std::lock_guard lock{mutex};
  cutting_all_ = true;
  for (const auto& [id, watch] : watches_)
    if (watch.owner != 0) shutdown(watch.own, SHUT_RDWR);
}

}  // namespace drivers::libvirt
