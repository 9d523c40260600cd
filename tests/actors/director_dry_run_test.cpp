// A run that only says what it would do.
#include <doctest/doctest.h>

#include "actors/director/director.h"
#include "tests/actors/pools.h"

using namespace actors;

namespace {

Settings dry(Settings settings) {
  settings.dry_run = true;
  return settings;
}

/// Of those that were said about it.
std::string last_text(const World& world, const std::string& id, ReasonCode code) {
  std::string out;
  for (const Change& change : world.witness.changes())
    if (is_of(change, id) && change.reason.code == code) out = to_text(change.reason);
  return out;
}

}  // namespace

TEST_CASE("director: dry run: says whom it would put to sleep, once, and does not") {
  World world{dry(pool_of(1, 2))};
  world.add("a", "wh1", 100);
  world.run(60s);
  for (const char* host : {"s1", "s2"}) {
    CHECK(world.count(host, ReasonCode::dry_run_sleep) == 1);
    CHECK(world.host(host).orders == 0);
    CHECK(world.state(host) == HostState::awake);
  }
  CHECK(world.count("wh1", ReasonCode::dry_run_sleep) == 0);
  world.witness.check_replays();
}

TEST_CASE("director: dry run: says whom it would move, why, to where, and does not") {
  World world{dry(pool_of(1, 1))};
  world.add("a", "wh1", 900);
  REQUIRE(world.run_until([&] { return world.count("a", ReasonCode::dry_run_only) == 1; }));
  CHECK(world.count("a", ReasonCode::warehouse_overloaded) == 1);
  CHECK(last_text(world, "a", ReasonCode::dry_run_only) ==
        "dry run: it would go to s1 by postcopy");
  world.run(30s);
  CHECK(world.migrations.empty());
  CHECK(world.vm("a").host == HostId{"wh1"});
  world.witness.check_replays();
}

TEST_CASE("director: dry run: a return takes a ticket and gives it back, and is only said") {
  World world{dry(pool_of(1, 1))};
  world.add("a", "s1", 100);
  REQUIRE(world.run_until([&] { return world.count("a", ReasonCode::dry_run_only) == 1; }));
  CHECK(last_text(world, "a", ReasonCode::dry_run_only) ==
        "dry run: it would go to wh1 by postcopy");
  CHECK(world.seen("wh1").desk.tickets_out() == 0);
  CHECK(world.migrations.empty());
  world.witness.check_replays();
}

TEST_CASE("director: dry run: a host that sleeps is said to be woken for it, and is not") {
  World world{dry(pool_of(1, 1))};
  world.add("a", "wh1", 900);
  world.host("s1").up = false;
  world.host("s1").is_down = true;
  REQUIRE(world.run_until([&] { return world.count("a", ReasonCode::dry_run_only) == 1; }));
  CHECK(last_text(world, "a", ReasonCode::dry_run_only) ==
        "dry run: it would go to s1 by postcopy, once it is awake");
  CHECK(world.host("s1").wake_calls == 0);
}
