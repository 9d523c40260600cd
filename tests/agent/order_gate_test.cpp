#include "drivers/agent/order_gate.h"

#include <doctest/doctest.h>

using actors::ports::Order;
using actors::ports::OrderKind;
using drivers::agent::OrderGate;
using reactor::Duration;

namespace {

Order order(std::int64_t epoch) {
  return Order{OrderKind::suspend, {"boot-a"}, epoch, Duration{10'000}, {}};
}

}  // namespace

TEST_CASE("order gate: this boot, in time, newest epoch: counts") {
  OrderGate gate{{"boot-a"}};
  CHECK(!gate.check(order(3), Duration{10'000}));
  CHECK(gate.epoch() == 3);
}

TEST_CASE("order gate: another boot's: does not count") {
  OrderGate gate{{"boot-b"}};
  CHECK(gate.check(order(3), Duration{0})->find("boot-a") != std::string::npos);
}

TEST_CASE("order gate: expired: does not count, but its epoch is remembered") {
  OrderGate gate{{"boot-a"}};
  CHECK(gate.check(order(3), Duration{10'001}));
  CHECK(gate.epoch() == 3);
}

TEST_CASE("order gate: an older controller's: does not count") {
  OrderGate gate{{"boot-a"}};
  gate.heard(7);
  CHECK(gate.check(order(6), Duration{0})->find("newer controller") != std::string::npos);
  CHECK(!gate.check(order(7), Duration{0}));
  gate.heard(2);
  CHECK(gate.epoch() == 7);
}
