#include <doctest/doctest.h>

#include "actors/director/director.h"
#include "tests/actors/pools.h"

using namespace actors;
using ports::RefusalKind;

namespace {

bool away(const World& world, const std::string& vm) {
  return world.vm_state(vm) == VmState::holding || world.vm_state(vm) == VmState::active;
}

template <class T>
std::int64_t effects(const Turn& turn) {
  return std::ranges::count_if(turn.effects,
                               [](const Effect& e) { return std::holds_alternative<T>(e); });
}

}  // namespace

TEST_CASE("director: a wake that never comes: the next server node serves, no flood of wakes") {
  World world = quiet_world();
  world.host("s1").wakes = false;
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return away(world, "a"); }));
  CHECK(world.vm("a").host == HostId{"s2"});
  CHECK(world.state("s1") == HostState::faulty);
  CHECK(world.host("s1").wake_calls == 18);  // each 10 s for three minutes
  CHECK(world.host("s2").wake_calls == 1);
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::asleep; }));
  world.run(5min);
  CHECK(world.host("s1").wake_calls == 18);  // each 10 s for three minutes
  world.witness.check_replays();
}

TEST_CASE("director: no server node wakes: the VM stays where it is, wakes stay few") {
  World world = quiet_world();
  world.host("s1").wakes = world.host("s2").wakes = false;
  world.vm("a").mcores = 900;
  world.run(30min);
  CHECK(world.vm("a").host == HostId{"wh1"});
  CHECK(world.count("s1", ReasonCode::wake_late) + world.count("s2", ReasonCode::wake_late) <= 10);
  CHECK(world.host("s1").wake_calls + world.host("s2").wake_calls <= 10 * 18);
  world.host("s2").wakes = true;
  CHECK(world.run_until([&] { return away(world, "a"); }, 60min));
}

TEST_CASE("director: a host that would not sleep: faulty, left alone, used again later") {
  World world{pool_of(1, 1)};
  world.host("s1").refuses = RefusalKind::unable;
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::faulty; }));
  world.run(30s);
  CHECK(world.state("s1") == HostState::faulty);
  world.host("s1").refuses.reset();
  CHECK(world.run_until([&] { return world.state("s1") == HostState::asleep; }));
}

TEST_CASE("director: a host that can't tell whether it is in use: no fault, and it sleeps later") {
  World world{pool_of(1, 1)};
  world.host("s1").refuses = RefusalKind::not_now;
  REQUIRE(world.run_until([&] { return world.count("s1", ReasonCode::suspend_not_now) == 2; }));
  CHECK(world.count("s1", ReasonCode::suspend_refused) == 0);
  world.host("s1").refuses.reset();
  CHECK(world.run_until([&] { return world.state("s1") == HostState::asleep; }));
}

TEST_CASE("director: a goodbye that comes to nothing: the host is used again") {
  World world{pool_of(1, 1)};
  world.host("s1").goes_down = false;
  REQUIRE(world.run_until([&] { return world.count("s1", ReasonCode::host_empty) > 0; }));
  world.host("s1").refuses = RefusalKind::in_use;
  CHECK(world.run_until([&] { return world.state("s1") == HostState::awake; }));
}

TEST_CASE("director: a migration refused: it cools down, the others go on") {
  World world = quiet_world();
  world.host("s1").refuses_migrations = true;
  world.vm("a").mcores = 550;
  world.vm("b").mcores = 400;
  REQUIRE(world.run_until([&] { return world.count("a", ReasonCode::migration_failed) == 1; }));
  world.host("s1").refuses_migrations = false;
  REQUIRE(world.run_until([&] { return away(world, "b"); }));
  CHECK(world.vm("a").host == HostId{"wh1"});
  world.witness.check_replays();
}

// What a controller knows of failures ends with it; the first window of each VM it sees is its
// pause.
TEST_CASE("director: started anew: a move that failed is not tried before a full window") {
  World world{pool_of(1, 1)};
  world.host("s1").refuses_migrations = true;
  world.add("a", "wh1", 950);
  const reactor::Instant start = world.now;
  REQUIRE(world.run_until([&] { return !world.migrations.empty(); }));
  const Settings& settings = world.settings();
  CHECK(world.now - start >= settings.window * settings.window_cover_pct / 100);
  world.run(settings.migration.cool_down);
  CHECK(world.migrations.size() == 1);
}

TEST_CASE("director: a return refused: its ticket is back, the next one goes") {
  World world = quiet_world();
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return away(world, "a"); }));
  world.host("wh1").refuses_migrations = true;
  world.vm("a").mcores = 100;
  REQUIRE(world.run_until([&] { return world.count("a", ReasonCode::migration_failed) == 1; }));
  CHECK(world.seen("wh1").desk.tickets_out() == 0);
  world.host("wh1").refuses_migrations = false;
  CHECK(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
}

TEST_CASE("director: blind: no new moves, no suspends; a migration goes on to its end") {
  World world = quiet_world();
  world.copy_takes = 20s;
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm("a").target.has_value(); }));
  world.give(input::Blind{"redis is gone"});
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  world.vm("a").mcores = 10;
  world.run(60s);
  CHECK(world.vm("a").host == HostId{"s1"});
  CHECK(world.state("s1") == HostState::awake);
  world.give(input::Leading{2});
  CHECK(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
  CHECK(world.run_until([&] { return world.state("s1") == HostState::asleep; }));
  world.witness.check_replays();
}

TEST_CASE("director: blind while a host is awake and empty for long: it is not told to sleep") {
  Settings settings = pool_of(1, 1);
  settings.power.idle_before_sleep = 30s;
  World world{settings};
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::awake; }));
  world.run(29s);
  world.give(input::Blind{"redis is gone"});
  world.run(60s);
  CHECK(world.state("s1") == HostState::awake);
}

TEST_CASE("director: blind while a distribution waits for its host: the wake goes on, no move") {
  World world = quiet_world();
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::waking; }));
  world.give(input::Blind{"redis is gone"});
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::awake; }));
  world.run(30s);
  CHECK(world.migrations.empty());
  world.give(input::Leading{2});
  CHECK(world.run_until([&] { return away(world, "a"); }));
}

TEST_CASE("director: chosen in the very turn in which it would be told to sleep: it is not told") {
  bool met = false;
  for (Duration idle = 4s; idle <= 12s; idle += 1s) {
    Settings settings = pool_of(1, 1);
    settings.power.idle_before_sleep = idle;
    World world{settings};
    world.add("a", "wh1", 950);
    REQUIRE(world.run_until([&] { return world.state("s1") == HostState::awake; }));
    const auto awake_at = world.now;
    REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::departing; }));
    met = met || world.now - awake_at == idle;
    CHECK(world.run_until([&] { return away(world, "a"); }));
  }
  CHECK(met);
}

TEST_CASE("director: a host falls silent: nothing is moved to or from it, it is not suspended") {
  World world = quiet_world();
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
  world.host("s1").answers = false;
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::silent; }, 5s));
  world.vm("a").mcores = 10;
  const auto orders = world.host("s1").orders;
  world.run(2min);
  CHECK(world.vm("a").host == HostId{"s1"});
  CHECK(world.host("s1").orders == orders);
  world.host("s1").answers = true;
  CHECK(world.run_until([&] { return world.vm_state("a") == VmState::parked; }));
}

TEST_CASE("director: the target falls silent before the move: another one, or called off") {
  World world = quiet_world();
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::waking; }));
  world.host("s1").answers = false;
  REQUIRE(world.run_until([&] { return away(world, "a"); }));
  CHECK(world.vm("a").host == HostId{"s2"});
}

TEST_CASE("director: put to sleep by somebody else: asleep after its silence, woken when needed") {
  World world = quiet_world(1);
  world.host("s1").wakes = true;
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.state("s1") == HostState::awake; }));
  REQUIRE(world.run_until([&] { return away(world, "a"); }));
  world.stop("a");
  world.host("s1").refuses = RefusalKind::in_use;
  REQUIRE(world.run_until([&] { return world.count("s1", ReasonCode::suspend_in_use) == 1; }));
  world.host("s1").up = false;
  world.host("s1").is_down = true;
  world.host("s1").refuses.reset();
  world.give(input::Hello{{"s1"}, [&] {
                            ports::HostHello hello = *world.seen("s1").hello;
                            hello.state = ports::AgentState::down;
                            return hello;
                          }()});
  CHECK(world.run_until([&] { return world.state("s1") == HostState::asleep; }));
  world.vm("b").mcores = 950;
  CHECK(world.run_until([&] { return away(world, "b"); }));
}

TEST_CASE("director: words that are no UTF-8: the journal takes them, and the replay agrees") {
  World world = quiet_world(1);
  world.give(input::Unlinked{{"wh1"}, "cut \xc3"});
  world.give(input::Blind{"redis: \xff\xfe"});
  world.run(1s);
  world.give(input::Leading{3});
  world.run(1s);
  world.witness.check_replays();
}

TEST_CASE("director: an empty turn does nothing") {
  Director director{pool_of(1, 1)};
  const Turn turn = director.turn(reactor::Instant{1h}, {});
  CHECK(turn.changes.empty());
  CHECK(effects<effect::GiveOrder>(turn) == 0);
}
