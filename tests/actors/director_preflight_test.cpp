// What the preflight's answers decide: who is a candidate, who is unmanaged, how long a move waits.
#include <doctest/doctest.h>

#include "tests/actors/pools.h"

using namespace actors;

namespace {

/// As quiet_world(), but `a` needs a machine type that only wh1 and hosts of `able` know.
World choosy_world(const std::vector<std::string>& able) {
  World world{pool_of(1, 2)};
  world.add("a", "wh1", 100);
  world.add("b", "wh1", 80);
  world.vm("a").machine = "q35";
  world.host("wh1").machines = {"pc", "q35"};
  for (const std::string& host : able)
    world.host(host).machines = {"pc", "q35"};
  REQUIRE(world.run_until([&] { return world.vm_state("b") == VmState::parked; }, 60s));
  return world;
}

bool called(const World& world, const std::string& target) {
  return std::ranges::any_of(world.migrations, [&](const effect::Migrate& effect) {
    return effect.call.target == HostId{target};
  });
}

}  // namespace

TEST_CASE("preflight: a host that can't take the VM: no candidate, the next one serves") {
  World world = choosy_world({"s2"});
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  CHECK(world.vm("a").host == HostId{"s2"});
  CHECK_FALSE(called(world, "s1"));
  CHECK(world.host("s1").wake_calls == 0);
  world.witness.check_replays();
}

TEST_CASE("preflight: no host can take it: unmanaged with the reason; others go on") {
  World world = choosy_world({});
  CHECK(world.vm_state("a") == VmState::unmanaged);
  CHECK(world.count("a", ReasonCode::no_host_can_take) == 1);
  world.vm("b").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("b") == VmState::active; }));
  CHECK(world.vm("a").host == HostId{"wh1"});
  world.witness.check_replays();
}

TEST_CASE("preflight: unmanaged: the line says how to mend it") {
  World world = choosy_world({});
  const auto& changes = world.witness.changes();
  const auto line = std::ranges::find_if(changes, [](const Change& change) {
    return change.reason.code == ReasonCode::no_host_can_take;
  });
  REQUIRE(line != changes.end());
  CHECK(
      line->reason.detail ==
      "machine type q35 is not known to QEMU 7.2.0 of s1; nor the 1 others; mend: upgrade QEMU of "
      "s1, or start the VM anew with a machine type both have");
}

TEST_CASE("preflight: a domain of its name runs on a host: no candidate, till it is gone") {
  Settings settings = pool_of(1, 1);
  settings.vms_per_server_node = 2;
  World world{settings};
  world.add("a", "wh1", 950);
  world.add("other", "s1", 700);
  world.vm("other").name = "a";
  world.run(1min);
  CHECK(world.migrations.empty());
  CHECK(world.vm_state("a") == VmState::parked);
  CHECK(world.count("wh1", ReasonCode::no_server_node) == 1);
  world.stop("other");
  CHECK(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  world.witness.check_replays();
}

TEST_CASE("preflight: mended on a host: managed again") {
  World world = choosy_world({});
  world.host("s1").machines = {"pc", "q35"};
  world.vm("b").mcores = 900;  // wakes s1, which is surveyed anew
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  CHECK(world.count("a", ReasonCode::movable_again) == 1);
  world.witness.check_replays();
}

TEST_CASE("preflight: the host says no only once it is awake: another is taken, nothing is tried") {
  World world = quiet_world();
  world.vm("a").machine = "q35";
  world.host("wh1").machines = {"pc", "q35"};
  world.give(input::News{{{"wh1"}, vm_id("a"), ports::News::changed}});
  world.host("s2").machines = {"pc", "q35"};  // a new QEMU, which it will tell of when it is up
  world.run(1s);
  CHECK(world.vm_state("a") == VmState::unmanaged);  // by what both said before they slept
  world.come_up({"s2"});
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  CHECK(world.vm("a").host == HostId{"s2"});
  CHECK_FALSE(called(world, "s1"));
  world.witness.check_replays();
}

TEST_CASE("preflight: a host that does not answer: the move waits, and not for long") {
  World world = quiet_world();
  world.host("s1").survey_takes.reset();
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::awake; }));
  const reactor::Instant awake = world.now;
  REQUIRE(world.run_until([&] { return !world.migrations.empty(); }));
  CHECK(world.now - awake <= world.settings().migration.preflight_wait + 200ms);
  world.witness.check_replays();
}

TEST_CASE("preflight: the way back: a warehouse that can't take the VM is not asked") {
  World world{pool_of(2, 1)};
  world.add("a", "wh2", 100);
  world.vm("a").machine = "q35";
  for (const char* host : {"wh2", "s1"})
    world.host(host).machines = {"pc", "q35"};
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  world.vm("a").mcores = 950;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  world.vm("a").mcores = 100;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  CHECK(world.vm("a").host == HostId{"wh2"});
  CHECK_FALSE(called(world, "wh1"));
  world.witness.check_replays();
}
