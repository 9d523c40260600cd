// Drills, the reserve, records of wakes: in a whole pool.
#include "tests/actors/pools.h"

using namespace actors;

namespace {

Settings proving(int servers) {
  Settings out = pool_of(1, servers);
  out.power.proof = Proof::required;
  for (HostPlan& host : out.hosts) {
    host.may_sleep = host.role == Role::server;
    host.wake_ways = {"wol", "ipmi"};
  }
  return out;
}

World with_vm(const Settings& settings) {
  World world{settings};
  world.add("a", "wh1", 100);
  return world;
}

bool all_asleep(const World& world, int servers) {
  for (int i = 1; i <= servers; ++i)
    if (world.state("s" + std::to_string(i)) != HostState::asleep) return false;
  return true;
}

std::vector<std::string> asleep_or_on_the_way(const World& world) {
  std::vector<std::string> out;
  for (const auto& [id, host] : world.witness.pool().hosts)
    if (host.actor.state() != HostState::awake && host.actor.state() != HostState::silent)
      out.push_back(id.text);
  return out;
}

}  // namespace

TEST_CASE("drill: a fresh pool: each empty host shows that it wakes, one at a time, then sleeps") {
  World world = with_vm(proving(3));
  std::size_t most_before_all_passed = 0;
  REQUIRE(world.run_until(
      [&] {
        const bool all = world.count("s1", ReasonCode::drill_passed) +
                             world.count("s2", ReasonCode::drill_passed) +
                             world.count("s3", ReasonCode::drill_passed) ==
                         3;
        if (!all && world.count("s1", ReasonCode::drill_passed) == 0)
          most_before_all_passed =
              std::max(most_before_all_passed, asleep_or_on_the_way(world).size());
        return all && all_asleep(world, 3);
      },
      5min));
  CHECK(most_before_all_passed == 1);
  for (const char* host : {"s1", "s2", "s3"}) {
    CHECK(world.count(host, ReasonCode::drill_passed) == 1);
    CHECK(world.seen(host).wakes.woken() == 1);
    CHECK(world.seen(host).wakes.sleeps() == 2);
    CHECK(world.kept_wakes.at({host}).woken() == 1);
  }
  world.witness.check_replays();
}

TEST_CASE("drill: what is kept of an earlier controller counts: no drill") {
  World world = with_vm(proving(2));
  REQUIRE(world.run_until(
      [&] {
        return all_asleep(world, 2) && world.count("s1", ReasonCode::drill_passed) == 1 &&
               world.count("s2", ReasonCode::drill_passed) == 1;
      },
      5min));
  World next = with_vm(proving(2));
  next.kept_wakes = world.kept_wakes;
  REQUIRE(next.run_until([&] { return all_asleep(next, 2); }, 60s));
  CHECK(next.count("s1", ReasonCode::host_drilled) == 0);
  CHECK(next.count("s2", ReasonCode::host_drilled) == 0);
}

TEST_CASE("drill: it does not wake: faulty, and never put to sleep for good; the next one's turn") {
  World world = with_vm(proving(2));
  world.host("s1").wakes = false;
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::faulty; }, 10min));
  CHECK(world.seen("s1").wakes.reliability_pct() == 0);
  REQUIRE(world.run_until(
      [&] {
        return world.state("s2") == HostState::asleep &&
               world.count("s2", ReasonCode::drill_passed) == 1;
      },
      5min));
}

TEST_CASE("drill: a VM that needs the host meanwhile: it is woken for it, which proves as much") {
  World world = with_vm(proving(1));
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::asleep; }, 60s));
  world.vm("a").mcores = 950;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::holding; }, 2min));
  CHECK(world.seen("s1").wakes.proven(world.now, world.settings().power));
}

TEST_CASE("drill: asked for by an operator: proven or not, awake or asleep; who can't says why") {
  Settings settings = proving(2);
  settings.power.proof = Proof::off;
  World world = with_vm(settings);
  REQUIRE(world.run_until([&] { return all_asleep(world, 2); }, 60s));
  world.run(world.settings().power.drill_sleep);
  world.give(input::DrillAsked{{{"s1"}, {"wh1"}}});
  world.run(200ms);
  CHECK(world.state("s1") == HostState::waking);
  CHECK(world.count("wh1", ReasonCode::drill_impossible) == 1);
  REQUIRE(world.run_until([&] { return world.count("s1", ReasonCode::drill_passed) == 1; }, 60s));
  world.give(input::DrillAsked{Drills::empty_hosts(world.witness.pool())});
  REQUIRE(world.run_until(
      [&] {
        return world.count("s1", ReasonCode::drill_passed) == 2 &&
               world.count("s2", ReasonCode::drill_passed) == 1;
      },
      5min));
}

TEST_CASE("drill: it comes up in another boot: no proof, told, and not drilled again at once") {
  World world = with_vm(proving(1));
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::asleep; }, 60s));
  ++world.host("s1").boots;
  REQUIRE(world.run_until([&] { return world.count("s1", ReasonCode::drill_failed) == 1; }, 60s));
  CHECK_FALSE(world.seen("s1").wakes.proven(world.now, world.settings().power));
  world.run(world.settings().power.backoff_longest - 1s);
  CHECK(world.count("s1", ReasonCode::host_drilled) == 1);
  CHECK(world.state("s1") == HostState::awake);
  REQUIRE(world.run_until([&] { return world.count("s1", ReasonCode::drill_passed) == 1; }, 60s));
}

TEST_CASE("dead man: an order to sleep says when the host's own clock wakes it") {
  for (const Duration dead_man : {Duration{0}, Duration{12h}}) {
    Settings settings = pool_of(1, 1);
    settings.power.dead_man = dead_man;
    World world = with_vm(settings);
    REQUIRE(world.run_until([&] { return world.state("s1") == HostState::asleep; }, 60s));
    CHECK(world.host("s1").wake_after ==
          (dead_man == Duration{0} ? std::nullopt : std::optional{dead_man}));
  }
}

TEST_CASE("reserve: so many empty server nodes stay awake, and are woken again when one is used") {
  Settings settings = pool_of(1, 3);
  settings.hosts[0].may_sleep = false;
  settings.power.reserve = 1;
  World world = with_vm(settings);
  const auto awake_and_empty = [&] {
    int out = 0;
    for (const char* host : {"s1", "s2", "s3"})
      if (world.state(host) == HostState::awake && Pool::needed_by(world.seen(host)) == 0) ++out;
    return out;
  };
  REQUIRE(world.run_until(
      [&] {
        return world.state("s2") == HostState::asleep && world.state("s3") == HostState::asleep;
      },
      60s));
  CHECK(awake_and_empty() == 1);
  world.run(5min);
  CHECK(awake_and_empty() == 1);
  world.vm("a").mcores = 950;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::holding; }, 60s));
  CHECK(world.vm("a").host == HostId{"s1"});
  REQUIRE(world.run_until([&] { return awake_and_empty() == 1; }, 60s));
  CHECK(world.count("s2", ReasonCode::reserve_wanted) == 1);
  world.witness.check_replays();
}

TEST_CASE("never_sleep: by name or label, whatever may_sleep says") {
  Settings settings = pool_of(1, 3);
  settings.hosts[2].labels = {"nfs"};
  settings.power.never_sleep = {"nfs", "s1"};
  World world = with_vm(settings);
  world.run(60s);
  CHECK(world.state("s1") == HostState::awake);
  CHECK(world.state("s2") == HostState::awake);
  CHECK(world.state("s3") == HostState::asleep);
}

TEST_CASE(
    "wake: whom to wake: one that often failed comes last; with rotate, who slept least first") {
  Settings settings = pool_of(1, 2);
  settings.hosts[0].may_sleep = false;
  World world{settings};
  world.add("a", "wh1", 100);
  world.add("b", "wh1", 80);
  SUBCASE("in conf.yaml's order") {
    REQUIRE(world.run_until([&] { return all_asleep(world, 2); }, 60s));
    world.vm("a").mcores = 950;
    REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::holding; }, 60s));
    CHECK(world.vm("a").host == HostId{"s1"});
  }
  SUBCASE("unreliable ones last") {
    WakeRecord bad;
    bad.failed(settings.hosts[1], 0);
    world.kept_wakes[{"s1"}] = bad;
    World other{settings};
    other.kept_wakes = world.kept_wakes;
    other.add("a", "wh1", 100);
    REQUIRE(other.run_until([&] { return all_asleep(other, 2); }, 60s));
    other.vm("a").mcores = 950;
    REQUIRE(other.run_until([&] { return other.vm_state("a") == VmState::holding; }, 60s));
    CHECK(other.vm("a").host == HostId{"s2"});
  }
  SUBCASE("rotate") {
    settings.power.rotate = true;
    World other{settings};
    other.add("a", "wh1", 100);
    REQUIRE(other.run_until([&] { return all_asleep(other, 2); }, 60s));
    for (const char* expected : {"s1", "s2", "s1"}) {
      other.vm("a").mcores = 950;
      REQUIRE(other.run_until([&] { return other.vm_state("a") == VmState::holding; }, 60s));
      CHECK(other.vm("a").host == HostId{expected});
      other.vm("a").mcores = 100;
      REQUIRE(other.run_until([&] { return all_asleep(other, 2); }, 5min));
    }
  }
}

TEST_CASE("wake: it comes up in another boot: said, as it lost what it had in memory") {
  World world = with_vm(pool_of(1, 1));
  REQUIRE(world.run_until([&] { return all_asleep(world, 1); }, 60s));
  ++world.host("s1").boots;
  world.vm("a").mcores = 950;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::holding; }, 2min));
  CHECK(world.count("s1", ReasonCode::came_up_anew) == 1);
}
