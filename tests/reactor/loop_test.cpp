#include "reactor/loop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <thread>

using namespace reactor;
using namespace std::chrono_literals;

TEST_CASE("loop: posts from many threads: all run on the loop, each thread's in its order") {
  Loop loop;
  constexpr int kThreads = 4, kEach = 10'000;
  std::vector<std::vector<int>> seen(kThreads);
  int left = kThreads * kEach;
  const auto here = std::this_thread::get_id();
  bool elsewhere = false;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i)
        loop.post([&, t, i] {
          elsewhere = elsewhere || std::this_thread::get_id() != here;
          seen[t].push_back(i);
          if (--left == 0) loop.stop();
        });
    });
  loop.run();
  for (std::thread& thread : threads)
    thread.join();
  CHECK_FALSE(elsewhere);
  for (const auto& numbers : seen)
    CHECK((numbers.size() == kEach && std::is_sorted(numbers.begin(), numbers.end())));
}

TEST_CASE("loop: work posted by posted work: in a later turn") {
  Loop loop;
  int turns = 0, first = -1, second = -1;
  loop.on_turn_end([&] { ++turns; });
  loop.post([&] {
    first = turns;
    loop.post([&] {
      second = turns;
      loop.stop();
    });
  });
  loop.run();
  CHECK(second > first);
}

TEST_CASE("loop: alarms: by deadline, equal deadlines as asked, never early") {
  Loop loop;
  std::string order;
  const Instant begin = loop.now();
  loop.after(30ms, [&] {
    order += "d";
    CHECK(loop.now() - begin >= 30ms);
    loop.stop();
  });
  for (const char* name : {"a", "b", "c"})
    loop.after(10ms, [&, name] {
      order += name;
      CHECK(loop.now() - begin >= 10ms);
    });
  loop.run();
  CHECK(order == "abcd");
}

TEST_CASE("loop: an alarm sooner than those that wait, set later: in time") {
  Loop loop;
  std::string order;
  loop.after(50ms, [&] {
    order += "b";
    loop.stop();
  });
  loop.post([&] { loop.after(5ms, [&] { order += "a"; }); });
  loop.run();
  CHECK(order == "ab");
}

TEST_CASE("loop: a delay of zero or below: not from inside the call") {
  Loop loop;
  bool ran = false;
  loop.after(-1s, [&] {
    ran = true;
    loop.stop();
  });
  CHECK_FALSE(ran);
  loop.run();
  CHECK(ran);
}

// An alarm that sets itself anew at no delay is a turn each time: the rest of the loop goes on.
TEST_CASE("loop: an alarm sets one of no delay, again and again: nothing starves") {
  Loop loop;
  int rounds = 0;
  const std::function<void()> again = [&] {
    if (++rounds < 1'000'000) loop.after(0ms, again);
  };
  loop.after(0ms, again);
  loop.on_tick([&] { loop.stop(); });
  loop.run();
  CHECK(rounds > 1);
  CHECK(rounds < 1'000'000);
}

TEST_CASE("loop: the tick: every 100 ms, in the order added") {
  Loop loop;
  std::string order;
  const Instant begin = loop.now();
  loop.on_tick([&] { order += "a"; });
  loop.on_tick([&] {
    order += "b";
    if (order.size() == 6) loop.stop();
  });
  loop.run();
  CHECK(order == "ababab");
  CHECK(loop.now() - begin >= 3 * kTickPeriod);
  CHECK(loop.now() - begin < 3 * kTickPeriod + 2s);
}

TEST_CASE("loop: ticks that are late: left out, not made up for") {
  Loop loop;
  int ticks = 0;
  loop.on_tick([&] {
    if (++ticks == 1) std::this_thread::sleep_for(550ms);
  });
  loop.after(900ms, [&] { loop.stop(); });
  loop.run();
  CHECK(ticks <= 5);  // at 100, 650, 750, 850: not nine
}

TEST_CASE("loop: one time for a whole turn, from what came in to its end") {
  Loop loop;
  Instant begin{};
  loop.post([&] {
    begin = loop.now();
    std::this_thread::sleep_for(20ms);
    CHECK(loop.now() == begin);
    loop.stop();
  });
  bool ended = false;
  loop.on_turn_end([&] {
    if (begin == Instant{}) return;
    CHECK(loop.now() == begin);
    ended = true;
  });
  loop.run();
  CHECK(ended);
}

TEST_CASE("loop: time between two runs: it went on") {
  Loop loop;
  const auto run_once = [&] {
    loop.post([&] { loop.stop(); });
    loop.run();
    Instant at{};
    loop.post([&] {
      at = loop.now();
      loop.stop();
    });
    loop.run();
    return at;
  };
  const Instant first = run_once();
  std::this_thread::sleep_for(20ms);
  CHECK(run_once() - first >= 19ms);
}

TEST_CASE("loop: what comes in together: handled together, before one end of the turn") {
  Loop loop;
  std::string order;
  loop.on_turn_end([&] { order += "|"; });
  loop.on_turn_end([&] { order += "!"; });
  loop.post([&] { order += "a"; });
  loop.post([&] { order += "b"; });
  loop.post([&] {
    order += "c";
    loop.stop();
  });
  loop.run();
  CHECK(order.find("abc|!") != std::string::npos);
}

TEST_CASE("loop: it stops: this turn's end still comes, and it can run again") {
  Loop loop;
  int ends = 0;
  loop.on_turn_end([&] { ++ends; });
  for (int i = 0; i < 3; ++i) {
    const int before = ends;
    loop.post([&] { loop.stop(); });
    loop.run();
    CHECK(ends > before);
  }
}

TEST_CASE("loop: work on each turn and tick that adds more of it: all of it runs") {
  Loop loop;
  int ticks = 0, ends = 0;
  loop.on_tick([&] {
    for (int i = 0; i < 100; ++i)
      loop.on_tick([&] { ++ticks; });
    loop.stop();
  });
  loop.on_turn_end([&] {
    if (ends++ == 0)
      for (int i = 0; i < 100; ++i)
        loop.on_turn_end([&] { ++ends; });
  });
  loop.run();
  CHECK(ticks == 100);
  CHECK(ends > 100);
}

TEST_CASE("loop: a signal: its work runs on the loop, another's does not") {
  Loop loop;
  std::string order;
  loop.on_signal(SIGUSR1, [&] {
    order += "1";
    loop.stop();
  });
  loop.on_signal(SIGUSR2, [&] { order += "2"; });
  loop.post([] { raise(SIGUSR1); });
  loop.run();
  CHECK(order == "1");
}

TEST_CASE("loop: it ends with work waiting: the work is dropped, nothing is left open") {
  bool ran = false;
  {
    Loop loop;
    loop.on_tick([&] { ran = true; });
    loop.on_signal(SIGUSR1, [] {});
    loop.after(1h, [&] { ran = true; });
    loop.post([&] { ran = true; });
  }
  CHECK_FALSE(ran);
}
