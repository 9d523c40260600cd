#include <doctest/doctest.h>

#include "actors/director/director.h"
#include "tests/actors/pools.h"

using namespace actors;

namespace {

/// Two warehouse nodes that stay awake as each has VMs, and two server nodes that each hold a VM.
World busy_world() {
  World world{pool_of(2, 2)};
  for (const char* host : {"wh1", "wh2", "s1", "s2"})
    world.add(std::string{"vm-"} + host, host, 600);
  REQUIRE(world.run_until([&] { return world.vm_state("vm-s2") == VmState::active; }, 60s));
  return world;
}

/// Its controller starts as only wh1, which is overloaded, wh2 and s1 of ten hosts are heard.
World partly_heard_world() {
  World world{pool_of(2, 8)};
  world.add("a", "wh1", 600);
  world.add("b", "wh1", 500);
  for (const char* host : {"s2", "s3", "s4", "s5", "s6", "s7", "s8"})
    world.host(host).reachable = false;
  return world;
}

void silence(World& world, const std::vector<std::string>& hosts, bool on = true) {
  for (const std::string& host : hosts)
    world.host(host).answers = !on;
}

bool held(const World& world) {
  return world.witness.director().pool_state() == PoolState::held;
}

}  // namespace

TEST_CASE(
    "director: more than half of the hosts silent: the pool is held till enough speak again") {
  World world = busy_world();
  silence(world, {"wh2", "s1"});
  world.run(10s);
  CHECK(world.state("s1") == HostState::silent);
  CHECK_FALSE(held(world));  // half of them is not more than half
  silence(world, {"s2"});
  CHECK(world.run_until([&] { return held(world); }, 5s));
  CHECK(world.path("default").back() == "leading>held");
  silence(world, {"s2"}, false);
  CHECK(world.run_until([&] { return !held(world); }, 5s));
  CHECK(world.path("default").back() == "held>leading");
  world.witness.check_replays();
}

TEST_CASE("director: held: nothing more is moved or put to sleep; all of it once it ends") {
  World world = busy_world();
  silence(world, {"wh2", "s1", "s2"});
  REQUIRE(world.run_until([&] { return held(world); }, 10s));
  world.add("greedy", "wh1", 900);
  world.inventory_changed("wh1");
  world.give(input::News{{{"wh1"}, vm_id("greedy"), ports::News::started}});
  world.stop("vm-s2");
  world.run(1min);
  CHECK(world.witness.pool().overloaded(world.seen("wh1")));
  CHECK(world.migrations.empty());
  CHECK(world.count("s2", ReasonCode::host_empty) == 0);
  silence(world, {"wh2", "s1", "s2"}, false);
  CHECK(world.run_until([&] { return !world.migrations.empty(); }, 1min));
  world.witness.check_replays();
}

TEST_CASE("director: held: a host that a VM waits for is woken, the move waits") {
  World world = quiet_world(1, 3);
  for (const char* host : {"wh2", "wh3"})
    world.host(host).plan.may_sleep = false;
  Settings settings = world.settings();
  for (HostPlan& plan : settings.hosts)
    plan.may_sleep = plan.role == Role::server;
  world.set(settings);
  world.come_up({"wh2"});
  world.come_up({"wh3"});
  REQUIRE(world.run_until([&] { return world.state("wh3") == HostState::awake; }));
  world.host("s1").wake_takes = 20s;
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::waking; }));
  silence(world, {"wh2", "wh3"});
  REQUIRE(world.run_until([&] { return held(world); }, 10s));
  REQUIRE(world.run_until([&] { return world.host("s1").up; }, 30s));
  CHECK(world.migrations.empty());
}

TEST_CASE("director: held, blind, and back: why it is held is said again") {
  World world = busy_world();
  silence(world, {"wh2", "s1", "s2"});
  REQUIRE(world.run_until([&] { return held(world); }, 10s));
  world.give(input::Blind{"Redis is gone"});
  world.run(1s);
  CHECK(world.witness.director().pool_state() == PoolState::blind);
  world.give(input::Leading{2});
  world.run(1s);
  REQUIRE(held(world));
  const auto& changes = world.witness.changes();
  const auto last = std::find_if(changes.rbegin(), changes.rend(), [](const Change& change) {
    return change.kind == ActorKind::pool;
  });
  CHECK(last->to == "held");
  CHECK(last->reason.code == ReasonCode::hosts_silent);
  world.witness.check_replays();
}

TEST_CASE("director: started where 3 of 10 hosts speak: held before anything is begun") {
  World world = partly_heard_world();
  world.run(world.settings().start_patience + 2min);
  CHECK(held(world));
  CHECK(world.migrations.empty());
  CHECK(world.count("s1", ReasonCode::host_empty) == 0);
  for (const char* host : {"s2", "s3", "s4", "s5", "s6", "s7", "s8"})
    world.reach(host);
  CHECK(world.run_until([&] { return !world.migrations.empty(); }, 1min));
  CHECK_FALSE(held(world));
  world.witness.check_replays();
}

TEST_CASE("director: started where seven hosts sleep, or never said hello: not missed") {
  World world = partly_heard_world();
  for (const char* host : {"s2", "s3", "s4"})
    world.host(host).is_down = true;
  for (const char* host : {"s5", "s6", "s7", "s8"})
    world.host(host).said_hello = false;
  CHECK(world.run_until([&] { return !world.migrations.empty(); }, 1min));
  CHECK(world.count("default", ReasonCode::hosts_silent) == 0);
}

TEST_CASE("director: one host silent of one that should speak: its own matter") {
  World world = quiet_world();
  world.host("wh1").answers = false;
  world.run(1min);
  CHECK(world.state("wh1") == HostState::silent);
  CHECK_FALSE(held(world));
}

TEST_CASE("director: held: what conf.yaml allows decides, from the moment it is read") {
  World world = busy_world();
  silence(world, {"wh2", "s1", "s2"});
  REQUIRE(world.run_until([&] { return held(world); }, 10s));
  Settings settings = world.settings();
  settings.guard.silent_share_pct = 100;
  world.set(settings);
  world.run(200ms);
  CHECK_FALSE(held(world));
}

TEST_CASE(
    "director: the budget of moves is spent: nothing more is moved, said once, till an hour is "
    "over") {
  World world = quiet_world(3);
  Settings settings = world.settings();
  settings.flapping.moves_per_hour = 2;
  world.set(settings);
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.migrations.size() == 1; }));
  world.vm("a").mcores = 100;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  REQUIRE(world.migrations.size() == 2);
  const reactor::Instant first = world.now - 1h;
  world.vm("b").mcores = 950;
  world.run(40min);
  CHECK(world.migrations.size() == 2);
  CHECK(world.count("wh1", ReasonCode::budget_spent) == 1);
  CHECK(world.count("b", ReasonCode::warehouse_overloaded) == 0);  // no host is woken for nothing
  REQUIRE(world.run_until([&] { return world.migrations.size() == 3; }, 30min));
  CHECK(world.now - first > 1h);
  world.vm("b").mcores = 100;
  REQUIRE(world.run_until([&] { return world.vm_state("b") == VmState::parked; }));
  world.witness.check_replays();
}

TEST_CASE("director: the budget of moves: a VM that wants back asks, and is told so") {
  World world = quiet_world(3);
  Settings settings = world.settings();
  settings.flapping.moves_per_hour = 1;
  world.set(settings);
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  world.vm("a").mcores = 100;
  REQUIRE(world.run_until([&] { return world.count("a", ReasonCode::budget_spent) == 1; }));
  world.run(5min);
  CHECK(world.count("a", ReasonCode::budget_spent) == 1);
  CHECK(world.vm_state("a") == VmState::queued);
  CHECK(world.seen("wh1").desk.tickets_out() == 0);
  CHECK(world.run_until([&] { return world.vm_state("a") == VmState::parked; }, 61min));
}

TEST_CASE("director: a VM goes to and fro: said, and it stays out for longer") {
  World world = quiet_world(1);
  Settings settings = world.settings();
  settings.flapping.trips = 3;
  world.set(settings);
  for (int trip = 1; trip <= 3; ++trip) {
    world.vm("a").mcores = 900;
    REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
    world.vm("a").mcores = 100;
    REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  }
  CHECK(world.count("a", ReasonCode::ping_pong) == 1);
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::holding; }));
  world.vm("a").mcores = 100;
  world.run(55s);
  CHECK(world.vm_state("a") == VmState::active);  // not asking yet
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }, 30s));
  CHECK(world.count("a", ReasonCode::ping_pong) == 1);
  CHECK(world.run_until([&] { return world.count("a", ReasonCode::ping_pong_over) == 1; }, 61min));
  world.witness.check_replays();
}
