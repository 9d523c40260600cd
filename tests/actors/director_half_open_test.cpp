// A migration whose target does not notice that its source is gone: the order to the target's
// agent, and what becomes of it.
#include <doctest/doctest.h>

#include "actors/director/director.h"
#include "tests/actors/pools.h"
#include "tests/vm_id.h"

using namespace actors;
using namespace std::chrono_literals;
using ports::DomainState;

namespace {

/// A director that meets such a migration from wh1 to s1, and has told s1's agent.
struct HalfOpen {
  Director director{pool_of(1, 1)};
  reactor::Instant now{1h};
  std::vector<effect::GiveOrder> orders;

  HalfOpen() {
    turn({input::Leading{7}});
    for (const char* host : {"wh1", "s1"}) {
      ports::HostHello hello;
      hello.host.text = host;
      hello.boot.text = "boot";
      hello.libvirt_uri = "qemu+tcp://" + hello.host.text + ".example/system";
      hello.facts.emplace().first_port = 50'000;
      hello.facts->last_port = 50'099;
      turn({input::Hello{{host}, hello}});
      turn({input::Linked{{host}, {here(host)}}});
    }
    for (int second = 0; second < 200 && orders.empty(); ++second)
      look();
    REQUIRE(orders.size() == 1);
  }

  static ports::DomainLook here(const std::string& host) {
    const bool source = host == "wh1";
    return {.vm = vm_id("a"),
            .state = source ? DomainState::paused_postcopy_failed : DomainState::running_postcopy,
            .name = "a",
            .vcpus = 1};
  }

  /// What migrations say.
  std::vector<Reason> turn(const std::vector<Input>& inputs) {
    const Turn out = director.turn(now, inputs);
    for (const Effect& effect : out.effects)
      if (const auto* order = std::get_if<effect::GiveOrder>(&effect)) orders.push_back(*order);
    std::vector<Reason> said;
    for (const Change& change : out.changes)
      if (change.kind == ActorKind::migration) said.push_back(change.reason);
    return said;
  }
  std::vector<Reason> look() {
    now += 1s;
    return turn({input::Ticked{}, input::LookDone{{"wh1"}, vm_id("a"), here("wh1")},
                 input::LookDone{{"s1"}, vm_id("a"), here("s1")}});
  }
};

}  // namespace

TEST_CASE(
    "director: half open: the order is for that VM and boot, and holds for half of the time") {
  const HalfOpen life;
  const effect::GiveOrder& order = life.orders.front();
  CHECK(order.host.text == "s1");
  CHECK(order.order.kind == ports::OrderKind::end_incoming);
  CHECK(order.order.vm == vm_id("a"));
  CHECK(order.order.boot.text == "boot");
  CHECK(order.order.epoch == 7);
  CHECK(order.order.ttl == life.director.pool().settings.migration.half_open_after / 2);
}

TEST_CASE("director: half open: refused or lost: why, and then the command with what is known") {
  for (const bool refused : {true, false}) {
    HalfOpen life;
    ports::Reply reply;
    reply.host.text = "s1";
    reply.kind = ports::ReplyKind::refused;
    reply.detail = "it says no";
    reply.vm = vm_id("a");
    const Input lost =
        input::OrderDone{{"s1"}, ports::OrderKind::end_incoming, {}, "it says no", vm_id("a")};
    const auto said = life.turn({refused ? Input{input::AgentReply{reply}} : lost});
    REQUIRE(said.size() == 1);
    CHECK(to_text(said.front()) == "the agent of s1 does not end the connection: it says no");
    const auto told = life.look();
    REQUIRE(told.size() == 1);
    CHECK(to_text(told.front())
              .find("does not notice; NEEDS OPERATOR: on the target as root: ss -K state "
                    "established dst "
                    "wh1.example sport ge :50000 sport le :50099; if that") != std::string::npos);
  }
}

TEST_CASE(
    "director: half open: its order stands in the stream, or is carried out: nothing is said") {
  HalfOpen life;
  CHECK(life.turn({input::OrderDone{
                      {"s1"}, ports::OrderKind::end_incoming, OrderId{"1-1"}, {}, vm_id("a")}})
            .empty());
  ports::Reply reply;
  reply.host.text = "s1";
  reply.vm = vm_id("a");
  reply.order.text = "1-1";
  CHECK(life.turn({input::AgentReply{reply}}).empty());
  CHECK(life.look().empty());
}

TEST_CASE("director: half open: what the agent makes of an older order is not heeded") {
  HalfOpen life;
  life.turn(
      {input::OrderDone{{"s1"}, ports::OrderKind::end_incoming, OrderId{"2-1"}, {}, vm_id("a")}});
  ports::Reply late;
  late.host.text = "s1";
  late.kind = ports::ReplyKind::refused;
  late.detail = "too late";
  late.vm = vm_id("a");
  late.order.text = "1-1";
  CHECK(life.turn({input::AgentReply{late}}).empty());
  late.order.text = "2-1";
  CHECK(life.turn({input::AgentReply{late}}).size() == 1);
}
