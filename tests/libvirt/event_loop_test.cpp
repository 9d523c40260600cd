#include "drivers/libvirt/event_loop.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "tests/libvirt/world.h"

using drivers::libvirt::EventLoop;
using tests::World;
using namespace std::chrono_literals;

namespace {

struct SocketPair {
  SocketPair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fd.data()) == 0); }
  ~SocketPair() {
    close(fd[0]);
    close(fd[1]);
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;
  std::array<int, 2> fd{};
};

/// What one watch or timeout was called with.
struct Calls {
  std::atomic<int> count = 0, events = 0, freed = 0;
  bool removes_itself = false;

  static void watch(int id, int, int events, void* opaque) {
    auto* calls = static_cast<Calls*>(opaque);
    ++calls->count;
    calls->events |= events;
    if (calls->removes_itself) virEventRemoveHandle(id);
  }
  static void timeout(int id, void* opaque) {
    auto* calls = static_cast<Calls*>(opaque);
    ++calls->count;
    if (calls->removes_itself) virEventRemoveTimeout(id);
  }
  static void free(void* opaque) { ++static_cast<Calls*>(opaque)->freed; }
};

int watch(int fd, int events, Calls& calls) {
  return virEventAddHandle(fd, events, Calls::watch, &calls, Calls::free);
}
int timeout(int every_ms, Calls& calls) {
  return virEventAddTimeout(every_ms, Calls::timeout, &calls, Calls::free);
}

}  // namespace

TEST_CASE("event loop: two watches of one descriptor: each hears what it asked for") {
  World world;
  EventLoop events{world.loop};
  const SocketPair pair;
  Calls reader;
  Calls writer;
  const int first = watch(pair.fd[0], VIR_EVENT_HANDLE_READABLE, reader);
  const int second = watch(pair.fd[0], VIR_EVENT_HANDLE_WRITABLE, writer);
  REQUIRE(first > 0);
  REQUIRE(second > 0);
  CHECK(world.until([&] { return writer.count > 0; }));
  CHECK(reader.count == 0);
  REQUIRE(write(pair.fd[1], "x", 1) == 1);
  CHECK(world.until([&] { return reader.count > 0; }));
  CHECK(reader.events == VIR_EVENT_HANDLE_READABLE);
  CHECK(writer.events == VIR_EVENT_HANDLE_WRITABLE);

  virEventRemoveHandle(second);
  CHECK(world.until([&] { return writer.freed == 1; }));
  const int before = reader.count;
  CHECK(world.until([&] { return reader.count > before; }));
  virEventRemoveHandle(first);
  CHECK(world.until([&] { return reader.freed == 1; }));
}

TEST_CASE("event loop: a watch switched off: silent until it is switched on again") {
  World world;
  EventLoop events{world.loop};
  const SocketPair pair;
  Calls calls;
  Calls tick;
  const int id = watch(pair.fd[0], 0, calls);
  const int timer = timeout(1, tick);
  REQUIRE(write(pair.fd[1], "x", 1) == 1);
  CHECK(world.until([&] { return tick.count > 20; }));
  CHECK(calls.count == 0);
  virEventUpdateHandle(id, VIR_EVENT_HANDLE_READABLE);
  CHECK(world.until([&] { return calls.count > 0; }));
  virEventRemoveHandle(id);
  virEventRemoveTimeout(timer);
  CHECK(calls.freed == 0);  // never from inside
  CHECK(world.until([&] { return calls.freed == 1 && tick.freed == 1; }));
}

TEST_CASE("event loop: a watch that removes itself: called once, freed once") {
  World world;
  EventLoop events{world.loop};
  const SocketPair pair;
  Calls calls;
  calls.removes_itself = true;
  const int id = watch(pair.fd[0], VIR_EVENT_HANDLE_WRITABLE, calls);
  CHECK(world.until([&] { return calls.freed == 1; }));
  CHECK(calls.count == 1);
  CHECK(virEventRemoveHandle(id) == -1);
}

TEST_CASE("event loop: a descriptor closed and given out anew: watched anew") {
  World world;
  EventLoop events{world.loop};
  Calls old_calls;
  Calls new_calls;
  int id = 0;
  int fd = -1;
  {
    const SocketPair old_pair;
    fd = old_pair.fd[0];
    id = watch(fd, VIR_EVENT_HANDLE_READABLE, old_calls);
    world.until([] { return true; });
    world.until([&] { return old_calls.count > 0; }, 150ms);
  }
  virEventRemoveHandle(id);
  const SocketPair new_pair;  // the lowest free numbers: the same
  REQUIRE(new_pair.fd[0] == fd);
  const int again = watch(fd, VIR_EVENT_HANDLE_READABLE, new_calls);
  REQUIRE(write(new_pair.fd[1], "x", 1) == 1);
  CHECK(world.until([&] { return new_calls.count > 0; }));
  CHECK(old_calls.freed == 1);
  virEventRemoveHandle(again);
  CHECK(world.until([&] { return new_calls.freed == 1; }));
}

TEST_CASE("event loop: the other end hangs up: readable for those who read, no busy loop") {
  World world;
  EventLoop events{world.loop};
  const SocketPair pair;
  Calls calls;
  calls.removes_itself = true;
  watch(pair.fd[0], VIR_EVENT_HANDLE_READABLE, calls);
  shutdown(pair.fd[1], SHUT_RDWR);
  CHECK(world.until([&] { return calls.freed == 1; }));
  CHECK((calls.events & VIR_EVENT_HANDLE_READABLE) != 0);
}

TEST_CASE("event loop: timeouts: -1 is off, 0 at once, else after their time, again and again") {
  World world;
  EventLoop events{world.loop};
  Calls off;
  Calls at_once;
  Calls later;
  const auto begin = std::chrono::steady_clock::now();
  const int a = timeout(-1, off);
  const int b = timeout(0, at_once);
  const int c = timeout(200, later);
  CHECK(world.until([&] { return at_once.count > 0; }));
  CHECK(later.count == 0);
  CHECK(world.until([&] { return later.count == 2; }));
  CHECK(std::chrono::steady_clock::now() - begin >= 390ms);
  CHECK(off.count == 0);
  virEventUpdateTimeout(a, 0);
  virEventUpdateTimeout(c, -1);
  CHECK(world.until([&] { return off.count > 0; }));
  for (const int id : {a, b, c})
    virEventRemoveTimeout(id);
  CHECK(world.until([&] { return off.freed + at_once.freed + later.freed == 3; }));
  CHECK(later.count == 2);
}

TEST_CASE("event loop: catch_up: runs what is due at once before it returns") {
  World world;
  EventLoop events{world.loop};
  Calls calls;
  Calls later;
  calls.removes_itself = true;
  timeout(0, calls);
  const int id = timeout(1'000, later);
  events.catch_up();
  CHECK(calls.count == 1);
  CHECK(later.count == 0);
  virEventRemoveTimeout(id);
  events.catch_up();
  CHECK(calls.freed == 1);
  CHECK(later.freed == 1);
}

TEST_CASE("event loop: cut: ends the sockets of one owner, not those of others") {
  World world;
  EventLoop events{world.loop};
  const SocketPair mine;
  const SocketPair other;
  Calls calls;
  int a = 0;
  int b = 0;
  std::thread{[&] {
    const drivers::libvirt::OwnSockets own{7};
    a = watch(mine.fd[0], 0, calls);
  }}.join();
  b = watch(other.fd[0], 0, calls);
  events.cut(7);
  char byte = 0;
  CHECK(recv(mine.fd[0], &byte, 1, MSG_DONTWAIT) == 0);
  CHECK(recv(other.fd[0], &byte, 1, MSG_DONTWAIT) == -1);
  virEventRemoveHandle(a);
  virEventRemoveHandle(b);
  CHECK(world.until([&] { return calls.freed == 2; }));
}

TEST_CASE("event loop: threads that add and remove while it runs: all is called, all is freed") {
  constexpr int kThreads = 4;
  constexpr int kRounds = 200;
  World world;
  EventLoop events{world.loop};
  Calls calls;
  std::atomic<int> ended = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      const SocketPair pair;
      for (int round = 0; round < kRounds; ++round) {
        const int id = watch(pair.fd[0], VIR_EVENT_HANDLE_WRITABLE, calls);
        const int timer = timeout(0, calls);
        virEventUpdateHandle(id, 0);
        virEventUpdateHandle(id, VIR_EVENT_HANDLE_WRITABLE);
        virEventUpdateTimeout(timer, 1);
        virEventRemoveHandle(id);
        virEventRemoveTimeout(timer);
      }
      ++ended;
    });
  CHECK(world.until([&] { return ended == kThreads && calls.freed == 2 * kThreads * kRounds; }));
  for (std::thread& thread : threads)
    thread.join();
}
