// Migrations that are in the middle when the director comes: the controller before it was killed.
#include <doctest/doctest.h>

#include "actors/director/director.h"
#include "tests/actors/pools.h"

using namespace actors;

namespace {

/// A pool met for the first time while `a` is on its way from `from` to `to`.
World met_under_way(const std::string& from, const std::string& to, WorldVm::Stage stage,
                    Duration copy_takes = 20s) {
  World world{pool_of(1, 2)};
  world.copy_takes = copy_takes;
  world.add("a", from, 300);
  world.add("b", "wh1", 80);
  world.under_way("a", to, stage);
  return world;
}

/// One whose source only goes on copying.
World met_copying(Settings settings) {
  World world{std::move(settings)};
  world.add("a", "wh1", 300);
  world.vm("a").target = HostId{"s1"};
  world.vm("a").stage = WorldVm::arriving;
  return world;
}

const Migration* record(const World& world) {
  return world.witness.pool().migration_of(vm_id("a"));
}

}  // namespace

TEST_CASE("director: a postcopy found under way: followed to its end, and held where it arrived") {
  for (const auto stage : {WorldVm::arriving, WorldVm::switched, WorldVm::resumed}) {
    World world = met_under_way("wh1", "s1", stage);
    REQUIRE(world.run_until([&] { return record(world) != nullptr; }, 2s));
    CHECK(world.vm_state("a") == VmState::unknown);
    REQUIRE(world.run_until([&] { return record(world)->phase() == Phase::resumed; }, 5s));
    world.run(10s);
    CHECK(world.vm_state("a") == VmState::unknown);
    CHECK(world.state("s1") == HostState::awake);
    REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::holding; }, 20s));
    CHECK(record(world) == nullptr);
    CHECK(world.vm("a").host == HostId{"s1"});
    CHECK(world.migrations.empty());
    world.run(60s);
    world.witness.check_replays();
  }
}

TEST_CASE("director: a return found under way: takes no ticket, and is parked when it is there") {
  World world = met_under_way("s1", "wh1", WorldVm::resumed);
  REQUIRE(world.run_until([&] { return record(world) != nullptr; }, 2s));
  world.run(5s);
  CHECK(world.seen("wh1").desk.tickets_out() == 0);
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }, 30s));
  CHECK(world.run_until([&] { return world.state("s1") == HostState::asleep; }, 30s));
  world.witness.check_replays();
}

TEST_CASE("director: one found under way that comes to nothing: stays, is settled, left alone") {
  World world = met_copying(pool_of(1, 1));
  REQUIRE(world.run_until([&] { return record(world) != nullptr; }, 2s));
  world.vm("a").target.reset();  // its half there has died
  REQUIRE(world.run_until([&] { return world.count("a", ReasonCode::migration_failed) == 1; }, 5s));
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::parked; }, 15s));
  CHECK(record(world) == nullptr);
  CHECK(world.run_until([&] { return world.state("s1") == HostState::asleep; }, 15s));
  world.witness.check_replays();
}

// libvirt says of it that it was migrated until it starts anew.
TEST_CASE("director: one found while it is copied that had come by a migration before: adopted") {
  World world = met_copying(pool_of(1, 1));
  world.vm("a").moved_at = world.now;
  REQUIRE(world.run_until([&] { return record(world) != nullptr; }, 2s));
  CHECK(record(world)->plan().source.text == "wh1");
  CHECK(record(world)->plan().target.text == "s1");
  world.witness.check_replays();
}

TEST_CASE("director: one found under way that takes long: never given up while both ends go on") {
  World world = met_under_way("wh1", "s1", WorldVm::resumed, 10min);
  world.run(9min);
  REQUIRE(record(world) != nullptr);
  CHECK(record(world)->phase() == Phase::resumed);
  CHECK(world.run_until([&] { return world.vm_state("a") == VmState::holding; }, 2min));
}

TEST_CASE(
    "director: a VM that somebody moves later: his, not adopted; told where it is in the end") {
  World world{pool_of(1, 1)};
  world.add("a", "wh1", 80);
  world.add("b", "s1", 800);
  const auto settled = [&] { return world.vm_state("a") == VmState::parked; };
  REQUIRE(world.run_until(settled, 30s));
  world.under_way("a", "s1", WorldVm::arriving);
  world.run(1s);
  CHECK_FALSE(world.seen("wh1").passing.empty());
  CHECK(record(world) == nullptr);
  CHECK(world.run_until([&] { return world.count("a", ReasonCode::moved_by_operator) == 1; }, 5s));
  world.witness.check_replays();
}

TEST_CASE("director: dry run: one found under way that never ends is not aborted") {
  for (const bool dry : {false, true}) {
    Settings settings = pool_of(1, 1);
    settings.dry_run = dry;
    settings.migration.precopy_limit_per_gib = 1s;
    World world = met_copying(settings);
    world.run(1min);
    REQUIRE(record(world) != nullptr);
    CHECK(record(world)->phase() == Phase::copying);
    CHECK((world.aborts == 0) == dry);
  }
}

namespace {

/// A director that meets a broken postcopy of `a`, which then looks so at its target, for 2 min.
template <class Note>
void meet_broken(ports::DomainState at_target, const Settings& settings, const Note& note) {
  using ports::DomainState;
  Director director{settings};
  reactor::Instant now{1h};
  std::vector<Input> answers;
  const auto turn = [&](std::vector<Input> inputs) {
    inputs.insert(inputs.end(), answers.begin(), answers.end());
    answers.clear();
    for (const Effect& effect : director.turn(now, inputs).effects) {
      std::visit(note, effect);
      if (const auto* mark = std::get_if<effect::MarkDefinition>(&effect))
        answers.emplace_back(input::DefinitionDone{mark->migration, std::nullopt});
    }
  };
  const auto look = [](DomainState state) {
    return ports::DomainLook{.vm = vm_id("a"), .state = state, .name = "a", .vcpus = 1};
  };
  const auto left = look(DomainState::paused_postcopy_failed);
  turn({input::Leading{1}});
  for (const auto& [host, here] :
       {std::pair{"wh1", left}, {"s1", look(DomainState::running_postcopy_failed)}}) {
    turn({input::Hello{{host}, ports::HostHello{.host = {host}, .boot = {"boot"}}}});
    turn({input::Linked{{host}, {here}}});
  }
  for (int second = 0; second < 120; ++second, now += 1s)
    turn({input::Ticked{}, input::LookDone{{"wh1"}, vm_id("a"), left},
          input::LookDone{{"s1"}, vm_id("a"), look(at_target)}});
}

std::set<std::string> changes_to_broken(ports::DomainState at_target, bool dry) {
  Settings settings = pool_of(1, 1);
  settings.dry_run = dry;
  settings.migration.on_lost = OnLost::restart;
  std::set<std::string> out;
  meet_broken(at_target, settings, [&](const auto& effect) {
    if (effect.kConsequences) out.emplace(effect.kKind);
  });
  return out;
}

/// Texts of the alerts, in their order.
std::vector<std::string> alerts_of_broken(ports::DomainState at_target, Settings settings) {
  std::vector<std::string> out;
  meet_broken(at_target, settings, [&](const auto& effect) {
    if constexpr (std::is_same_v<std::decay_t<decltype(effect)>, effect::SendAlert>)
      out.push_back(std::string{name_of(effect.alert.kind)} + ": " + to_text(effect.alert.reason));
  });
  return out;
}

}  // namespace

TEST_CASE("director: a VM that is lost: the alert has the commands for both ends") {
  const auto said = alerts_of_broken(ports::DomainState::absent, pool_of(1, 1));
  const auto lost =
      std::ranges::find_if(said, [](const auto& it) { return it.starts_with("lost: "); });
  REQUIRE(lost != said.end());
  const std::string destroy = " destroy " + vm_id("a").text();
  const std::size_t first = lost->find(destroy);
  REQUIRE(first != std::string::npos);
  CHECK(lost->find(destroy, first + 1) != std::string::npos);
}

TEST_CASE("director: dry run: one found broken, or lost, is left as it is") {
  using Changes = std::set<std::string>;
  constexpr auto kBroken = ports::DomainState::running_postcopy_failed;
  CHECK(changes_to_broken(kBroken, false).contains("resume_postcopy"));
  CHECK(changes_to_broken(kBroken, true) == Changes{});
  CHECK(changes_to_broken(ports::DomainState::absent, false).contains("destroy_remains"));
  CHECK(changes_to_broken(ports::DomainState::absent, true) == Changes{});
}
