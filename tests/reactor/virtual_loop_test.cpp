#include "reactor/virtual_loop.h"

#include <doctest/doctest.h>

#include <string>

using namespace reactor;
using namespace std::chrono_literals;

TEST_CASE("virtual loop: alarms: by deadline, equal deadlines as asked") {
  VirtualLoop loop;
  std::string order;
  loop.after(20ms, [&] { order += "d"; });
  loop.after(10ms, [&] { order += "a"; });
  loop.after(10ms, [&] { order += "b"; });
  loop.after(10ms, [&] { order += "c"; });
  loop.advance(1s);
  CHECK(order == "abcd");
}

TEST_CASE("virtual loop: an alarm: at its time, and the time is left at the end") {
  VirtualLoop loop;
  Instant at{};
  loop.after(10ms, [&] { at = loop.now(); });
  loop.advance(9ms);
  CHECK(at == Instant{});
  loop.advance(1ms);
  CHECK(at == Instant{10ms});
  loop.advance(90ms);
  CHECK(loop.now() == Instant{100ms});
}

TEST_CASE("virtual loop: an alarm set by an alarm: in its place, even at the same time") {
  VirtualLoop loop;
  std::string order;
  loop.after(10ms, [&] {
    order += "a";
    loop.after(0ms, [&] { order += "c"; });
    loop.after(5ms, [&] { order += "d"; });
  });
  loop.after(10ms, [&] { order += "b"; });
  loop.after(20ms, [&] { order += "e"; });
  loop.advance(20ms);
  CHECK(order == "abcde");
}

TEST_CASE("virtual loop: posted work: not from inside post, in order, before time goes on") {
  VirtualLoop loop;
  std::string order;
  loop.post([&] {
    order += "a";
    loop.post([&] { order += "c"; });
  });
  loop.post([&] { order += "b"; });
  CHECK(order.empty());
  loop.after(1ms, [&] { order += "d"; });
  loop.advance(1ms);
  CHECK(order == "abcd");
}

TEST_CASE("virtual loop: a delay below zero: now, not before") {
  VirtualLoop loop;
  loop.advance(50ms);
  Instant at{};
  std::string order;
  loop.after(0ms, [&] { order += "a"; });
  loop.after(-10ms, [&] {
    order += "b";
    at = loop.now();
  });
  loop.advance(1ms);
  CHECK(at == Instant{50ms});
  CHECK(order == "ab");  // as on the real loop: both are due now, so in the order asked
}

TEST_CASE("virtual loop: an end that has passed: nothing runs, and time does not go back") {
  VirtualLoop loop;
  loop.advance(50ms);
  loop.run_until(Instant{10ms});
  CHECK(loop.now() == Instant{50ms});
}
