#include "drivers/agent/power_keeper.h"

#include <doctest/doctest.h>

using namespace drivers::agent;
using actors::OrderId;
using actors::ports::RefusalKind;
using actors::ports::Reply;
using actors::ports::ReplyKind;
using reactor::Duration;
using reactor::Instant;

namespace {

const OrderId kOrder{"1-0"}, kOther{"2-0"};

std::string text(const Reply& reply) {
  std::string text = std::string{actors::name_of(reply.kind)} + " " + reply.order.text;
  if (reply.kind == ReplyKind::refused) text += " " + std::string{actors::name_of(reply.refusal)};
  return text;
}

std::string text(const PowerAction& action) {
  if (const auto* say = std::get_if<Say>(&action)) return text(say->reply);
  if (const auto* up = std::get_if<ComeUp>(&action)) return up->slept ? "up after sleep" : "up";
  if (std::holds_alternative<Look>(action)) return "look";
  return std::holds_alternative<GoDown>(action) ? "down" : "sleep";
}

/// A keeper, its time, and what it has asked for, as text: "accepted 1-0, down".
struct Bench {
  PowerKeeper keeper{Duration{10'000}};
  Instant now{};
  int look = 0;

  std::string on(const PowerEvent& event) {
    std::string all;
    for (const PowerAction& action : keeper.on(now, event)) {
      if (const auto* asked = std::get_if<Look>(&action)) look = asked->look;
      all += (all.empty() ? "" : ", ") + text(action);
    }
    return all;
  }
  std::string looked(Presence presence) { return on(Looked{look, presence, "web1 runs here"}); }
  std::string wait(Duration time) {
    now += time;
    return on(TimePassed{});
  }

  void to_looking() { CHECK(on(SuspendAsked{kOrder}) == "look"); }
  void to_waiting() {
    to_looking();
    CHECK(looked(Presence::quiet) == "accepted 1-0, down, going_down 1-0");
  }
  void to_looking_again() {
    to_waiting();
    CHECK(on(AckHeard{kOrder}) == "look");
  }
  void to_asleep() {
    to_looking_again();
    CHECK(looked(Presence::quiet) == "sleep");
  }
};

}  // namespace

TEST_CASE("power: the whole way: down and up again") {
  Bench bench;
  bench.to_asleep();
  const auto actions = bench.keeper.on(bench.now, SleepEnded{{}, Duration{5'000}});
  REQUIRE(actions.size() == 2);
  CHECK(text(actions[0]) == "up after sleep");
  CHECK(text(actions[1]) == "resumed 1-0");
  CHECK(std::get<Say>(actions[1]).reply.slept == Duration{5'000});
  CHECK(bench.on(SuspendAsked{kOther}) == "look");
}

TEST_CASE("power: looking: a domain is here: refused, never down") {
  Bench bench;
  bench.to_looking();
  CHECK(bench.looked(Presence::in_use) == "refused 1-0 in_use");
}

TEST_CASE("power: looking: libvirt says nothing: not now") {
  Bench bench;
  bench.to_looking();
  CHECK(bench.looked(Presence::unknown) == "refused 1-0 not_now");
}

TEST_CASE("power: looking: it would not go down, or not be woken: unable, never down") {
  Bench bench;
  bench.to_looking();
  CHECK(bench.looked(Presence::unfit) == "refused 1-0 unable");
}

TEST_CASE("power: the host's own clock: as the order says, or the later one's") {
  Bench bench;
  const auto first = bench.keeper.on(bench.now, SuspendAsked{kOrder, Duration{60'000}});
  CHECK(std::get<Look>(first.at(0)).wake_after == Duration{60'000});
  const auto second = bench.keeper.on(bench.now, SuspendAsked{kOther, Duration{90'000}});
  CHECK(std::get<Look>(second.at(1)).wake_after == Duration{90'000});
  (void)bench.keeper.on(bench.now, Looked{2, Presence::quiet, ""});
  (void)bench.keeper.on(bench.now, AckHeard{kOther});
  const auto sleep = bench.keeper.on(bench.now, Looked{3, Presence::quiet, ""});
  CHECK(std::get<Sleep>(sleep.at(0)).wake_after == Duration{90'000});
}

TEST_CASE("power: looking: called off: stays up") {
  Bench bench;
  bench.to_looking();
  CHECK(bench.on(CancelAsked{kOther, kOrder}) == "accepted 2-0");
  CHECK(bench.looked(Presence::quiet).empty());
}

TEST_CASE("power: looking: a later suspend takes its place and is looked at anew") {
  Bench bench;
  bench.to_looking();
  const int first = bench.look;
  CHECK(bench.on(SuspendAsked{kOther}) == "refused 1-0 stale_order, look");
  CHECK(bench.on(Looked{first, Presence::quiet, ""}).empty());
  CHECK(bench.looked(Presence::quiet) == "accepted 2-0, down, going_down 2-0");
}

TEST_CASE("power: waiting for ack: none in time: up, unable") {
  Bench bench;
  bench.to_waiting();
  CHECK(bench.keeper.deadline() == bench.now + Duration{10'000});
  CHECK(bench.wait(Duration{9'999}).empty());
  CHECK(bench.wait(Duration{1}) == "up, refused 1-0 unable");
  CHECK(!bench.keeper.deadline());
}

TEST_CASE("power: waiting for ack: another order's ack: goes on waiting") {
  Bench bench;
  bench.to_waiting();
  CHECK(bench.on(AckHeard{kOther}).empty());
  CHECK(bench.on(AckHeard{kOrder}) == "look");
}

TEST_CASE("power: waiting for ack: called off: up") {
  Bench bench;
  bench.to_waiting();
  CHECK(bench.on(CancelAsked{kOther, {}}) == "accepted 2-0, up");
  CHECK(bench.on(AckHeard{kOrder}).empty());
}

TEST_CASE("power: waiting for ack: a later suspend takes its place, with its own goodbye") {
  Bench bench;
  bench.to_waiting();
  CHECK(bench.on(SuspendAsked{kOther}) == "refused 1-0 stale_order, accepted 2-0, going_down 2-0");
  CHECK(bench.on(AckHeard{kOrder}).empty());
  CHECK(bench.on(AckHeard{kOther}) == "look");
}

TEST_CASE("power: looking again: a domain arrived meanwhile: up, refused") {
  Bench bench;
  bench.to_looking_again();
  CHECK(bench.looked(Presence::in_use) == "up, refused 1-0 in_use");
}

TEST_CASE("power: looking again: libvirt says nothing: up, not now") {
  Bench bench;
  bench.to_looking_again();
  CHECK(bench.looked(Presence::unknown) == "up, refused 1-0 not_now");
}

TEST_CASE("power: looking again: called off: up") {
  Bench bench;
  bench.to_looking_again();
  CHECK(bench.on(CancelAsked{kOther, kOrder}) == "accepted 2-0, up");
  CHECK(bench.looked(Presence::quiet).empty());
}

TEST_CASE("power: looking again: a later suspend: waits for its own ack") {
  Bench bench;
  bench.to_looking_again();
  CHECK(bench.on(SuspendAsked{kOther}) == "refused 1-0 stale_order, accepted 2-0, going_down 2-0");
  CHECK(bench.looked(Presence::quiet).empty());
  CHECK(bench.on(AckHeard{kOther}) == "look");
}

TEST_CASE("power: asleep: the command failed: up, unable") {
  Bench bench;
  bench.to_asleep();
  CHECK(bench.on(SleepEnded{"exit status 1", {}}) == "up, refused 1-0 unable");
}

TEST_CASE("power: asleep: other orders are too late") {
  Bench bench;
  bench.to_asleep();
  CHECK(bench.on(SuspendAsked{kOther}) == "refused 2-0 unable");
  CHECK(bench.on(CancelAsked{kOther, kOrder}) == "refused 2-0 unable");
  CHECK(bench.on(AckHeard{kOrder}).empty());
}

TEST_CASE("power: up: what belongs to no order changes nothing") {
  Bench bench;
  CHECK(bench.on(CancelAsked{kOther, kOrder}) == "refused 2-0 unable");
  CHECK(bench.on(AckHeard{kOrder}).empty());
  CHECK(bench.looked(Presence::quiet).empty());
  CHECK(bench.on(SleepEnded{{}, {}}).empty());
  CHECK(bench.wait(Duration{60'000}).empty());
}

TEST_CASE("power: the agent ends: an order under way is given back") {
  Bench bench;
  CHECK(bench.on(Ending{}).empty());
  bench.to_looking();
  CHECK(bench.on(Ending{}) == "refused 1-0 unable");
  bench.to_waiting();
  CHECK(bench.on(Ending{}) == "up, refused 1-0 unable");
  bench.to_asleep();
  CHECK(bench.on(Ending{}).empty());
}
