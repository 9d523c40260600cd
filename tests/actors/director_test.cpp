#include "actors/director/director.h"

#include <doctest/doctest.h>

#include "tests/actors/pools.h"

using namespace actors;
using Path = std::vector<std::string>;

namespace {

/// `a` is on s1, active there, and `b` on wh1.
World distributed_world(int servers = 2) {
  World world = quiet_world(servers);
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  REQUIRE(world.vm("a").host == HostId{"s1"});
  return world;
}

}  // namespace

TEST_CASE("director: empty server nodes sleep, the warehouse with VMs does not") {
  World world = quiet_world();
  CHECK(world.path("s1") == Path{"silent>awake", "awake>suspending", "suspending>asleep"});
  CHECK(world.path("wh1") == Path{"silent>awake"});
  world.witness.check_replays();
}

TEST_CASE("director: the way of one VM: overload, distribution, hold, return, server asleep") {
  World world = quiet_world();
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  CHECK(world.vm("a").host == HostId{"s1"});
  CHECK(world.path("a") ==
        Path{"unknown>parked", "parked>departing", "departing>holding", "holding>active"});
  world.vm("a").mcores = 300;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  CHECK(world.vm("a").host == HostId{"wh1"});
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::asleep; }));
  const Path way = world.path("a");
  CHECK(Path(way.begin() + 4, way.end()) ==
        Path{"active>queued", "queued>returning", "returning>parked"});
  CHECK(world.migrations.size() == 2);
  CHECK(world.host("s2").wake_calls == 0);
  world.witness.check_replays();
}

TEST_CASE("director: overloaded: the VM that uses most goes, one at a time") {
  World world = quiet_world();
  world.vm("a").mcores = 500;
  world.vm("b").mcores = 450;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::holding; }));
  CHECK(world.vm_state("b") == VmState::parked);
  world.run(60s);
  CHECK(world.vm("b").host == HostId{"wh1"});
  CHECK(world.migrations.size() == 1);
}

TEST_CASE("director: two warehouses overloaded at once: each gets a server node of its own") {
  World world{pool_of(2, 2)};
  world.add("a", "wh1", 100);
  world.add("c", "wh2", 100);
  REQUIRE(world.run_until([&] { return world.vm_state("c") == VmState::parked; }));
  for (const char* vm : {"a", "c"})
    world.vm(vm).mcores = 900;
  REQUIRE(world.run_until([&] {
    return world.vm_state("a") == VmState::active && world.vm_state("c") == VmState::active;
  }));
  CHECK(world.vm("a").host != world.vm("c").host);
  world.witness.check_replays();
}

TEST_CASE("director: load falls while the server node wakes: called off, and it sleeps again") {
  World world = quiet_world();
  world.host("s1").wake_takes = 20s;
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::waking; }));
  world.vm("a").mcores = 100;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  CHECK(world.count("a", ReasonCode::load_fell) == 1);
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::asleep; }));
  CHECK(world.migrations.empty());
}

TEST_CASE("director: no server node free: said once, tried again") {
  World world = distributed_world(1);
  world.start("c", "wh1");
  world.vm("b").mcores = 500;
  world.vm("c").mcores = 500;
  world.run(60s);
  CHECK(world.count("wh1", ReasonCode::no_server_node) == 1);
  CHECK(world.vm_state("b") == VmState::parked);
  world.stop("a");
  CHECK(world.run_until([&] { return world.vm_state("b") == VmState::holding; }));
}

TEST_CASE("director: asleep and empty warehouse: woken for a VM that fits nowhere else") {
  World world = distributed_world();
  world.move("b", "s2");
  REQUIRE(world.run_until([&] { return world.state("wh1") == HostState::asleep; }));
  world.vm("a").mcores = 10;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  CHECK(world.host("wh1").wake_calls == 1);
  world.witness.check_replays();
}

TEST_CASE("director: nowhere to return: stays, says it once, and goes when there is room") {
  World world = distributed_world();
  world.vm("b").mcores = 700;
  world.run(15s);
  world.vm("a").mcores = 300;
  world.run(30s);
  CHECK(world.vm("a").host == HostId{"s1"});
  CHECK(world.count("a", ReasonCode::nowhere_to_return) == 1);
  world.vm("b").mcores = 100;
  CHECK(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
}

TEST_CASE("director: snapshot: restored in mid-run, it goes on as the live one does") {
  World world = quiet_world();
  world.vm("a").mcores = 900;
  for (int i = 0; i < 300; ++i) {
    world.run(200ms);
    const std::string state = world.witness.director().snapshot();
    auto again = Director::restore(state);
    REQUIRE(again.ok());
    REQUIRE(std::move(again).value()->snapshot() == state);
  }
}
