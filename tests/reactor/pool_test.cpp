#include "reactor/pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "reactor/loop.h"

using namespace reactor;
using namespace std::chrono_literals;

namespace {

// Blocks its callers until it is opened, and counts them.
class Gate {
 public:
  void wait() {
    ++waiting;
    opened_.wait();
  }
  void open() { promise_.set_value(); }
  std::atomic<int> waiting = 0;

 private:
  std::promise<void> promise_;
  std::shared_future<void> opened_ = promise_.get_future().share();
};

void run_until(Loop& loop, std::function<bool()> condition) {
  const auto look = std::make_unique<std::function<void()>>();
  *look = [&, again = look.get()] {
    if (condition())
      loop.stop();
    else
      loop.after(1ms, *again);
  };
  loop.after(0ms, *look);
  loop.run();
}

}  // namespace

TEST_CASE("pool: a call: on another thread; its result: on the loop, once") {
  Loop loop;
  Pool pool{loop, 2, 10};
  const auto here = std::this_thread::get_id();
  std::thread::id called, answered;
  int times = 0;
  REQUIRE(pool.submit(
      [&] {
        called = std::this_thread::get_id();
        return std::string{"result"};
      },
      [&](const std::string& result) {
        CHECK(result == "result");
        answered = std::this_thread::get_id();
        ++times;
        loop.stop();
      }));
  loop.run();
  CHECK(called != here);
  CHECK(answered == here);
  CHECK(times == 1);
}

TEST_CASE("pool: full: refused, and what is in it is not disturbed") {
  Loop loop;
  Gate gate;
  Pool pool{loop, 2, 3};
  int done = 0;
  const auto submit = [&] {
    return pool.submit(
        [&] {
          gate.wait();
          return 0;
        },
        [&](int) { ++done; });
  };
  CHECK(submit());
  CHECK(submit());
  run_until(loop, [&] { return gate.waiting == 2; });  // both threads are at work
  for (int i = 0; i < 3; ++i)
    CHECK(submit());
  CHECK_FALSE(submit());
  gate.open();
  run_until(loop, [&] { return done == 5; });
  CHECK(submit());
  run_until(loop, [&] { return done == 6; });
}

TEST_CASE("pool: idle threads: as many calls as threads never wait for a place") {
  Loop loop;
  Gate gate;
  Pool pool{loop, 4, 0};
  int accepted = 0;
  for (int i = 0; i < 4; ++i)
    accepted += pool.submit(
                    [&] {
                      gate.wait();
                      return 0;
                    },
                    [](int) {})
                    ? 1
                    : 0;
  const bool fifth = pool.submit(
      [&] {
        gate.wait();
        return 0;
      },
      [](int) {});
  gate.open();
  CHECK(accepted == 4);
  CHECK_FALSE(fifth);
}

TEST_CASE("pool: a result: its thread is free by then, again and again") {
  Loop loop;
  Pool pool{loop, 1, 0};
  int rounds = 0, refused = 0;
  std::function<void()> again = [&] {
    if (++rounds > 1'000) return loop.stop();
    if (!pool.submit([] { return 0; }, [&](int) { again(); })) {
      ++refused;
      loop.stop();
    }
  };
  again();
  loop.run();
  CHECK(refused == 0);
}

TEST_CASE("pool: one is full of calls that hang: another still answers") {
  Loop loop;
  Gate gate;
  Pool slow{loop, 2, 2}, control{loop, 1, 2};
  int hung = 0;
  while (slow.submit(
      [&] {
        gate.wait();
        return 0;
      },
      [&](int) { ++hung; })) {
  }
  bool answered = false;
  CHECK(control.submit([] { return 1; }, [&](int) { answered = true; }));
  run_until(loop, [&] { return answered; });
  CHECK(hung == 0);
  gate.open();
}

TEST_CASE("pool: it ends: what has begun is waited for, what waits is dropped") {
  Loop loop;
  Gate gate;
  std::atomic<int> called = 0;
  auto pool = std::make_unique<Pool>(loop, 1, 10);
  for (int i = 0; i < 5; ++i)
    CHECK(pool->submit(
        [&] {
          gate.wait();
          return ++called;
        },
        [](int) {}));
  run_until(loop, [&] { return gate.waiting == 1; });
  std::thread opener{[&] {
    std::this_thread::sleep_for(20ms);
    gate.open();
  }};
  pool.reset();
  opener.join();
  CHECK(called == 1);
}
