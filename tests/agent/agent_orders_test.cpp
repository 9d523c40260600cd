#include "drivers/agent/files.h"
#include "tests/agent/agent_bench.h"

using namespace agent_tests;
using actors::ports::AgentState;
using actors::ports::Order;
using actors::ports::OrderKind;
using Texts = std::vector<std::string>;

TEST_CASE("agent: suspend: accepted, down, acknowledged, command, hello anew, resumed") {
  Bench bench;
  write_script(bench.folder.file("suspend"), "redis-cli -s " + bench.server.socket_path() +
                                                 " HGET '" + kKeys.host(kHost) + "' state >" +
                                                 bench.folder.file("seen") + "; sleep 0.4");
  REQUIRE(bench.start_and_wait());
  const auto before = bench.controller.hello();
  const auto order = bench.suspend();
  REQUIRE(bench.controller.wait_for_replies(order, {"accepted", "going_down"}));
  CHECK(bench.controller.hello()->state == AgentState::down);
  const auto samples = bench.controller.samples().size();
  bench.ack(order);
  REQUIRE(bench.controller.wait_for_replies(order, {"accepted", "going_down", "resumed"}));
  std::string state;
  std::ifstream{bench.folder.file("seen")} >> state;
  CHECK(state == "down");
  const auto after = bench.controller.hello();
  CHECK(after->state == AgentState::up);
  CHECK(after->hello > before->hello);
  CHECK(after->revision > before->revision);
  CHECK(after->epoch == 1);
  CHECK(bench.controller.wait([&] { return bench.controller.samples().size() > samples + 2; }));
  CHECK(bench.controller.samples()[samples].dt < Duration{300});  // the sleep is in no sample
}

TEST_CASE("agent: suspend: time slept is in the reply") {
  Bench bench;
  REQUIRE(bench.start_and_wait());
  const auto order = bench.suspend();
  REQUIRE(bench.controller.wait_for_replies(order, {"accepted", "going_down"}));
  bench.ack(order);
  REQUIRE(bench.controller.wait_for_replies(order, {"accepted", "going_down", "resumed"}));
  const auto entries = bench.controller.ask({"XREVRANGE", kKeys.replies(), "+", "-", "COUNT", "1"});
  const auto reply = redis::decode_reply(entries.items.at(0).items.at(1));
  CHECK(reply.value().slept >= Duration{290});
  CHECK(reply.value().slept < Duration{3'000});
}

TEST_CASE("agent: suspend: a domain is here, running or paused: in_use, and it stays up") {
  Bench bench;
  bench.libvirt.create("web1");
  REQUIRE(bench.start_and_wait());
  const auto order = bench.suspend();
  CHECK(bench.controller.wait_for_replies(order, {"refused in_use"}));
  CHECK(bench.controller.hello()->state == AgentState::up);
}

TEST_CASE("agent: suspend: a domain arrives before the ack: up again, in_use") {
  Bench bench;
  REQUIRE(bench.start_and_wait());
  const auto order = bench.suspend();
  REQUIRE(bench.controller.wait_for_replies(order, {"accepted", "going_down"}));
  bench.libvirt.create("web1");
  bench.ack(order);
  CHECK(bench.controller.wait_for_replies(order, {"accepted", "going_down", "refused in_use"}));
  CHECK(bench.controller.wait([&] { return bench.controller.hello()->vms.size() == 1; }));
  CHECK(bench.controller.hello()->state == AgentState::up);
}

TEST_CASE("agent: suspend: no ack: up again, unable") {
  Bench bench;
  REQUIRE(bench.start_and_wait());
  const auto order = bench.suspend();
  CHECK(bench.controller.wait_for_replies(order, {"accepted", "going_down", "refused unable"}));
  CHECK(bench.controller.hello()->state == AgentState::up);
  const auto samples = bench.controller.samples().size();
  CHECK(bench.controller.wait([&] { return bench.controller.samples().size() > samples; }));
}

TEST_CASE("agent: suspend: called off while it waits for the ack: up again") {
  Bench bench;
  REQUIRE(bench.start_and_wait());
  const auto order = bench.suspend();
  REQUIRE(bench.controller.wait_for_replies(order, {"accepted", "going_down"}));
  const auto cancel =
      bench.controller.give(Bench::order(OrderKind::cancel, actors::OrderId{order}));
  CHECK(bench.controller.wait_for_replies(cancel, {"accepted"}));
  CHECK(bench.controller.wait([&] { return bench.controller.hello()->state == AgentState::up; }));
}

TEST_CASE("agent: suspend: the command fails: up again, unable") {
  Bench bench;
  write_script(bench.folder.file("suspend"), "exit 3");
  REQUIRE(bench.start_and_wait());
  const auto order = bench.suspend();
  REQUIRE(bench.controller.wait_for_replies(order, {"accepted", "going_down"}));
  bench.ack(order);
  CHECK(bench.controller.wait_for_replies(order, {"accepted", "going_down", "refused unable"}));
  CHECK(bench.controller.hello()->state == AgentState::up);
}

TEST_CASE("agent: suspend: by sys: mem is written, and a host that stayed up says so") {
  Bench bench;
  bench.settings.suspend_command.clear();
  bench.settings.suspend = agent::SuspendBy::sys;
  bench.settings.sys = bench.folder.path();
  std::filesystem::create_directories(bench.folder.file("power"));
  std::ofstream{bench.folder.file("power/state")} << "mem\n";
  std::ofstream{bench.folder.file("power/mem_sleep")} << "s2idle [deep]\n";
  REQUIRE(bench.start_and_wait());
  const auto order = bench.suspend();
  REQUIRE(bench.controller.wait_for_replies(order, {"accepted", "going_down"}));
  bench.ack(order);
  CHECK(bench.controller.wait_for_replies(order, {"accepted", "going_down", "refused unable"}));
  CHECK(agent::read_file(bench.folder.file("power/state")) == "mem");
  CHECK(bench.controller.hello()->state == AgentState::up);
}

TEST_CASE("agent: suspend: the host's own clock is to wake it, and it has none: never down") {
  Bench bench;
  bench.settings.sys = bench.folder.path();
  REQUIRE(bench.start_and_wait());
  Order order = Bench::order(OrderKind::suspend);
  order.wake_after = Duration{60'000};
  CHECK(bench.controller.wait_for_replies(bench.controller.give(order), {"refused unable"}));
  CHECK(bench.controller.hello()->state == AgentState::up);
}

TEST_CASE("agent: suspend: the host's own clock is set while it sleeps") {
  Bench bench;
  bench.settings.sys = bench.folder.path();
  const std::string rtc = bench.folder.file("class/rtc/rtc0/");
  std::filesystem::create_directories(rtc);
  std::ofstream{rtc + "since_epoch"} << "1700000000\n";
  std::ofstream{rtc + "wakealarm"} << "";
  write_script(bench.folder.file("suspend"),
               "cp " + rtc + "wakealarm " + bench.folder.file("seen"));
  REQUIRE(bench.start_and_wait());
  Order order = Bench::order(OrderKind::suspend);
  order.wake_after = Duration{60'000};
  const auto id = bench.controller.give(order);
  REQUIRE(bench.controller.wait_for_replies(id, {"accepted", "going_down"}));
  bench.ack(id);
  REQUIRE(bench.controller.wait_for_replies(id, {"accepted", "going_down", "resumed"}));
  CHECK(agent::read_file(bench.folder.file("seen")) == "1700000060");
  CHECK(agent::read_file(rtc + "wakealarm") == "0");
}

TEST_CASE("agent: the same suspend twice: the second one takes its place, one sleep only") {
  Bench bench;
  write_script(bench.folder.file("suspend"), "echo once >>" + bench.folder.file("sleeps"));
  REQUIRE(bench.start_and_wait());
  const auto first = bench.suspend();
  REQUIRE(bench.controller.wait_for_replies(first, {"accepted", "going_down"}));
  const auto second = bench.suspend();
  REQUIRE(bench.controller.wait_for_replies(second, {"accepted", "going_down"}));
  bench.ack(first);
  bench.ack(second);
  bench.ack(second);
  CHECK(bench.controller.wait_for_replies(second, {"accepted", "going_down", "resumed"}));
  CHECK(bench.controller.replies(first) == Texts{"accepted", "going_down", "refused stale_order"});
  CHECK(agent::read_file(bench.folder.file("sleeps")) == "once\n");
}

// libvirt's test driver has no postcopy; the rest of the way is in incoming_test.cpp.
TEST_CASE("agent: end_incoming: a VM that is not here, or waits for nobody: refused, and why") {
  Bench bench;
  bench.libvirt.create("web1");
  REQUIRE(bench.start_and_wait());
  Order order = Bench::order(OrderKind::end_incoming);
  const auto said = [&](const actors::VmId& vm) {
    order.vm = vm;
    REQUIRE(bench.controller.wait_for_replies(bench.controller.give(order), {"refused unable"}));
    const auto last = bench.controller.ask({"XREVRANGE", kKeys.replies(), "+", "-", "COUNT", "1"});
    const auto reply = redis::decode_reply(last.items.at(0).items.at(1)).value();
    CHECK(reply.vm == vm);
    return reply.detail;
  };
  CHECK(said({1, 2}) == "it is not here");
  CHECK(said(bench.controller.hello()->vms.at(0).vm) == "web1 runs here, and waits for no source");
  order.epoch = 0;
  CHECK(bench.controller.wait_for_replies(bench.controller.give(order), {"refused stale_order"}));
}

TEST_CASE("agent: an order from before its start: never heard") {
  Bench bench;
  const auto order = bench.suspend();
  REQUIRE(bench.start_and_wait());
  const auto identify = bench.controller.give(Bench::order(OrderKind::identify));
  CHECK(bench.controller.wait_for_replies(identify, {"accepted"}));
  CHECK(bench.controller.replies(order).empty());
}

TEST_CASE("agent: another boot's, an expired, an older controller's order: stale_order") {
  Bench bench;
  REQUIRE(bench.start_and_wait());
  Order order = Bench::order(OrderKind::suspend);
  order.boot = {"boot-b"};
  CHECK(bench.controller.wait_for_replies(bench.controller.give(order), {"refused stale_order"}));
  order = Bench::order(OrderKind::suspend);
  CHECK(bench.controller.wait_for_replies(bench.controller.give(Bench::order(OrderKind::identify)),
                                          {"accepted"}));
  order.epoch = 5;
  order.boot = {"boot-b"};
  (void)bench.controller.give(order);
  CHECK(bench.controller.wait([&] { return bench.controller.hello()->epoch == 5; }));
  CHECK(bench.controller.wait_for_replies(bench.suspend(), {"refused stale_order"}));
}

TEST_CASE("agent: an order that waited for longer than its ttl: stale_order") {
  Bench bench;
  REQUIRE(bench.start_and_wait());
  Order order = Bench::order(OrderKind::suspend);
  order.ttl = Duration{50};
  const auto time = bench.controller.ask({"TIME"});
  const auto now_ms = std::stoll(time.items.at(0).text) * 1'000;
  const auto id = std::to_string(now_ms - 5'000) + "-0";
  CHECK(bench.controller.give(order, id) == id);
  CHECK(bench.controller.wait_for_replies(id, {"refused stale_order"}));
}

TEST_CASE("agent: a new agent on the same host: keeps the epoch that was heard") {
  TempFolder folder;
  RedisServer server;
  TestHost libvirt;
  const AgentSettings settings = quick_settings(folder);
  for (const std::int64_t epoch : {7, 3}) {
    reactor::Loop loop;
    Controller controller{loop, server.unix_endpoint()};
    agent::Agent host{loop, settings, server.unix_endpoint(), actors::BootId{"boot-a"}};
    const auto samples = controller.samples().size();
    REQUIRE(controller.wait([&] { return controller.samples().size() > samples; }));
    Order order = Bench::order(OrderKind::identify);
    order.epoch = epoch;
    const Texts expected{epoch == 7 ? "accepted" : "refused stale_order"};
    CHECK(controller.wait_for_replies(controller.give(order), expected));
    CHECK(controller.hello()->epoch == 7);
  }
}

TEST_CASE("order reader: entry ids are compared as a stream does") {
  CHECK(agent::comes_before("9-0", "10-0"));
  CHECK(agent::comes_before("10-2", "10-10"));
  CHECK(!agent::comes_before("10-0", "10-0"));
  CHECK(agent::time_of("1700000000000-7") == 1'700'000'000'000);
  CHECK(!agent::time_of("x-7"));
}
