// A migration that broke and is not over: its ends are left alone, whatever would be allowed there.
#include <doctest/doctest.h>

#include "tests/actors/pools.h"

using namespace actors;

namespace {

/// Where nothing but the doubt keeps the next VM from a host.
World roomy_world(int warehouses, int servers) {
  Settings settings = pool_of(warehouses, servers);
  settings.tickets = 2;
  settings.vms_per_server_node = 2;
  settings.distribution_parallel = 2;
  return World{std::move(settings)};
}

/// The VM's migration breaks once it runs at its target.
void strand(World& world, const std::string& vm) {
  REQUIRE(world.run_until([&] { return world.vm(vm).stage == WorldVm::resumed; }));
  world.break_postcopy(vm);
  REQUIRE(world.run_until([&] { return world.vm_state(vm) == VmState::stranded; }, 2min));
}

/// `a` is stranded between wh1 and s1, and `b` is too much for wh1.
World stranded_on_its_way_out() {
  World world = roomy_world(1, 2);
  world.add("a", "wh1", 600);
  world.add("b", "wh1", 50);
  REQUIRE(world.run_until([&] { return world.vm_state("b") == VmState::parked; }, 60s));
  world.vm("a").mcores = 900;
  strand(world, "a");
  world.vm("b").mcores = 950;
  return world;
}

/// Both of s1 are busy, `a` has a way back.
World two_on_a_server(int warehouses, int servers) {
  World world = roomy_world(warehouses, servers);
  world.host("s1").capacity = Mcores{2'000};
  world.add("a", "s1", 600);
  world.add("b", "s1", 600);
  if (servers > 1) world.add("c", "s2", 600);
  world.add("d", "wh1", 10);  // so that it is awake
  REQUIRE(world.run_until([&] { return world.vm_state("b") == VmState::active; }, 60s));
  return world;
}

}  // namespace

TEST_CASE("director: a distribution broke: its warehouse sends no other VM away, and says why") {
  World world = stranded_on_its_way_out();
  world.run(2min);
  CHECK(world.witness.pool().overloaded(world.seen("wh1")));
  CHECK(world.migrations.size() == 1);
  CHECK(world.vm_state("b") == VmState::parked);
  CHECK(world.count("wh1", ReasonCode::end_in_doubt) == 1);
  world.heal("a");
  REQUIRE(world.run_until([&] { return world.vm_state("b") == VmState::active; }));
  world.witness.check_replays();
}

TEST_CASE("director: a distribution broke: no drill of its ends, and the reserve is of others") {
  World world = stranded_on_its_way_out();
  Settings settings = world.settings();
  settings.power.reserve = 2;
  world.set(settings);
  world.give(input::DrillAsked{{{"s1"}}});
  world.run(1min);
  CHECK(world.count("s1", ReasonCode::drill_impossible) == 1);
  CHECK_FALSE(world.seen("s1").reserve);
  CHECK(world.seen("s2").reserve);
  CHECK(world.state("s1") == HostState::awake);
}

TEST_CASE("director: a return broke: its warehouse takes no other VM, and its server loses none") {
  World world = two_on_a_server(1, 2);
  world.vm("a").mcores = 50;
  strand(world, "a");
  world.vm("b").mcores = world.vm("c").mcores = 50;
  world.run(2min);
  CHECK(world.seen("wh1").desk.tickets_out() == 1);
  CHECK(world.migrations.size() == 1);
  CHECK(world.count("b", ReasonCode::end_in_doubt) == 1);
  CHECK(world.count("c", ReasonCode::end_in_doubt) == 1);
  world.heal("a");
  REQUIRE(world.run_until([&] { return world.vm_state("c") == VmState::parked; }));
  CHECK(world.run_until([&] { return world.vm_state("b") == VmState::parked; }));
  world.witness.check_replays();
}

TEST_CASE(
    "director: a return waits for its host as a move of its server breaks: the ticket is back") {
  World world = two_on_a_server(2, 1);
  REQUIRE(world.run_until([&] { return world.state("wh2") == HostState::asleep; }, 60s));
  world.host("wh2").wake_takes = 90s;
  world.vm("a").mcores = 50;
  REQUIRE(world.run_until([&] { return world.vm("a").stage == WorldVm::resumed; }));
  world.break_postcopy("a");
  world.vm("d").mcores = 800;  // wh1 has no room left
  world.run(15s);
  world.vm("b").mcores = 50;
  REQUIRE(world.run_until([&] { return world.vm_state("b") == VmState::returning; }, 30s));
  REQUIRE(world.run_until([&] { return world.state("wh2") == HostState::awake; }, 2min));
  REQUIRE(world.vm_state("a") == VmState::stranded);
  world.run(1min);
  CHECK(world.vm("b").host == HostId{"s1"});
  CHECK(world.count("b", ReasonCode::end_in_doubt) > 0);
  CHECK(world.seen("wh2").desk.tickets_out() == 0);
  CHECK(world.migrations.size() == 1);
  world.witness.check_replays();
}
