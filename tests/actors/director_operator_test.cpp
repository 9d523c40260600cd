// What people do while nemuri works: stop, start, move, exclude, change settings.
#include <doctest/doctest.h>

#include "actors/director/director.h"
#include "tests/actors/pools.h"

using namespace actors;

namespace {

World with_waking_server() {
  World world = quiet_world();
  world.host("s1").wake_takes = 15s;
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::waking; }));
  REQUIRE(world.vm_state("a") == VmState::departing);
  return world;
}

World with_active_vm() {
  World world = quiet_world();
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  return world;
}

bool at_peace(const World& world) {
  const auto& desk = world.seen("wh1").desk;
  return desk.tickets_out() == 0 && desk.waiting() == 0 && world.witness.pool().migrations.empty();
}

/// Two VMs on server nodes that turn idle at the same time.
World two_active(Duration copy_takes) {
  World world = quiet_world(2);
  world.start("c", "wh1");
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  world.vm("c").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("c") == VmState::active; }));
  world.copy_takes = copy_takes;
  world.vm("a").mcores = world.vm("c").mcores = 50;
  return world;
}

std::string in_state(const World& world, VmState state) {
  for (const auto& [id, vm] : world.vms)
    if (world.vm_state(vm.name) == state) return vm.name;
  return {};
}

}  // namespace

TEST_CASE("director: stopped while its server node wakes: gone, and the host sleeps again") {
  World world = with_waking_server();
  world.stop("a");
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::asleep; }));
  CHECK(world.migrations.empty());
  world.witness.check_replays();
}

TEST_CASE("director: stopped while it moves: gone, nothing is left of it") {
  World world = quiet_world();
  world.copy_takes = 10s;
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm("a").target.has_value(); }));
  world.run(2s);
  world.stop("a");
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::gone; }));
  CHECK(world.run_until([&] { return world.state("s1") == HostState::asleep; }));
  CHECK(world.witness.pool().migrations.empty());
  world.start("a", "wh1");
  CHECK(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
}

TEST_CASE("director: stopped while it waits for a ticket, or has one: nobody waits behind it") {
  for (const VmState when : {VmState::queued, VmState::returning}) {
    World world = two_active(5s);
    REQUIRE(world.run_until([&] { return world.seen("wh1").desk.waiting() == 1; }));
    const std::string stopped = in_state(world, when);
    const std::string other = stopped == "a" ? "c" : "a";
    world.stop(stopped);
    CHECK(world.run_until([&] { return world.vm_state(other) == VmState::parked; }, 60s));
    CHECK(world.run_until([&] { return at_peace(world); }, 60s));
    world.witness.check_replays();
  }
}

TEST_CASE("director: load comes back while it waits for a ticket: withdraws, the desk knows") {
  World world = two_active(30s);
  REQUIRE(world.run_until([&] { return world.seen("wh1").desk.waiting() == 1; }));
  const std::string waiting = in_state(world, VmState::queued);
  world.vm(waiting).mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state(waiting) == VmState::active; }, 30s));
  CHECK(world.seen("wh1").desk.waiting() == 0);
  CHECK(world.run_until([&] { return at_peace(world); }, 90s));
  CHECK(world.vm_state(waiting) == VmState::active);
}

TEST_CASE("director: moved by an operator: is where libvirt says") {
  World world = with_active_vm();
  world.move("b", "s2");
  REQUIRE(world.run_until([&] { return world.vm("b").host == HostId{"s2"}; }, 5s));
  world.move("a", "wh1");
  REQUIRE(world.run_until(
      [&] {
        const auto found = world.witness.pool().vms.find(vm_id("a"));
        return found != world.witness.pool().vms.end() &&
               found->second.actor.host() == HostId{"wh1"};
      },
      10s));
  world.witness.check_replays();
}

TEST_CASE("director: moved by an operator while its server node wakes: it does not go there") {
  World world = with_waking_server();
  world.add("c", "s2", 900);
  world.come_up({"s2"});
  REQUIRE(world.run_until([&] { return world.state("s2") == HostState::awake; }, 5s));
  world.move("a", "s2");
  world.run(60s);
  CHECK(world.vm("a").host == HostId{"s2"});
  CHECK(world.vm_state("a") == VmState::active);
  CHECK(world.migrations.empty());
  CHECK(world.state("s1") == HostState::asleep);
}

TEST_CASE("director: excluded: left alone from then on, also while its server node wakes") {
  World world = with_waking_server();
  Settings settings = world.settings();
  settings.excluded = {"a"};
  world.set(settings);
  world.run(60s);
  CHECK(world.vm_state("a") == VmState::unmanaged);
  CHECK(world.migrations.empty());
  settings.excluded.clear();
  world.set(settings);
  CHECK(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
}

TEST_CASE("director: a VM that can't be moved: stays, and the next one goes if worth it") {
  World world{pool_of(1, 2)};
  world.add("a", "wh1", 600);
  world.add("b", "wh1", 350);
  world.vm("a").unmovable = "has a host device";
  REQUIRE(world.run_until([&] { return world.vm("b").host == HostId{"s1"}; }));
  CHECK(world.vm("a").host == HostId{"wh1"});
  CHECK(world.vm_state("a") == VmState::unmanaged);
}

TEST_CASE("director: only small VMs may go: not worth it, said once") {
  World world{pool_of(1, 2)};
  world.add("a", "wh1", 880);
  world.add("b", "wh1", 60);
  world.vm("a").unmovable = "has a host device";
  world.run(2min);
  CHECK(world.migrations.empty());
  CHECK(world.count("wh1", ReasonCode::held_back_top) == 1);
}

TEST_CASE("director: settings: a server node added: it serves") {
  World world = quiet_world(1);
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  world.start("c", "wh1");
  world.vm("c").mcores = 900;
  world.run(30s);
  CHECK(world.vm("c").host == HostId{"wh1"});
  world.set(pool_of(1, 2));
  CHECK(world.run_until([&] { return world.vm_state("c") == VmState::active; }));
  CHECK(world.vm("c").host == HostId{"s2"});
  world.witness.check_replays();
}

TEST_CASE("director: settings: a server node taken out while in use: forgotten once it is empty") {
  World world = with_active_vm();
  Settings settings = pool_of(1, 2);
  std::erase_if(settings.hosts, [](const HostPlan& plan) { return plan.name.text == "s1"; });
  world.set(settings);
  world.run(30s);
  CHECK(world.witness.pool().hosts.contains({"s1"}));
  world.vm("a").mcores = 50;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  world.run(1s);
  CHECK_FALSE(world.witness.pool().hosts.contains({"s1"}));
  world.witness.check_replays();
}

TEST_CASE("director: settings: the warehouse a VM waits at is taken out: it asks another one") {
  World world{pool_of(2, 3)};
  world.host("wh1").capacity = {8'000};
  for (int i = 1; i <= 3; ++i)
    world.add("v" + std::to_string(i), "s" + std::to_string(i), 900);
  REQUIRE(world.run_until([&] { return world.vm_state("v3") == VmState::active; }));
  world.copy_takes = 60s;
  for (auto& [id, vm] : world.vms)
    vm.mcores = 50;
  REQUIRE(world.run_until([&] { return world.seen("wh1").desk.waiting() > 0; }, 60s));
  Settings settings = pool_of(2, 3);
  settings.hosts.erase(settings.hosts.begin());
  world.set(settings);
  const std::string waiting = in_state(world, VmState::queued);
  CHECK(world.run_until([&] { return world.vm(waiting).host == HostId{"wh2"}; }, 3min));
  world.witness.check_replays();
}

TEST_CASE("director: settings: a lower threshold counts at once") {
  World world = quiet_world();
  world.vm("a").mcores = 500;
  world.run(30s);
  CHECK(world.migrations.empty());
  Settings settings = pool_of(1, 2);
  settings.distribution_threshold_pct = 50;
  settings.admission_margin_pct = 5;
  world.set(settings);
  CHECK(world.run_until([&] { return world.vm("a").host == HostId{"s1"}; }, 60s));
}
