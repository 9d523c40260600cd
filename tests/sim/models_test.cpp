// The parts of the simulated world that no scenario shows by itself.
#include "drivers/sim/models.h"

#include <doctest/doctest.h>

#include "drivers/sim/cpu_share.h"
#include "drivers/sim/scenario/decimals.h"
#include "reactor/virtual_loop.h"

namespace drivers::sim {
namespace {

using actors::ports::News;

constexpr std::int64_t kSecondOfBytes = 100'000;

constexpr const char* kTwoHosts = R"(
length: 60s
link: {bandwidth_mb_s: 100, setup: 1s, downtime: 200ms}
hosts:
  - {name: one, role: warehouse, cores: 1, memory: 4GiB}
  - {name: two, role: server, cores: 1, memory: 4GiB}
vms:
  - {name: vm, on: one, memory: 100MiB, dirty_mb_s: 50, load: [{at: 0s, cpu: 40%}]}
)";

Scenario two_hosts() {
  return std::get<Scenario>(read_scenario(kTwoHosts));
}

/// Notes what both ends announce: "one stopped_migrated".
struct Listener final : WorldListener {
  explicit Listener(const World& told_by) : world(told_by) {}
  void happened(std::size_t host, std::size_t /*vm*/, News news) override {
    heard +=
        world.hosts()[host].model.plan.name.text + " " + std::string{actors::name_of(news)} + "\n";
  }
  void power_changed(std::size_t /*host*/) override {}

  const World& world;
  std::string heard;
};

std::string faults_of(std::string_view text) {
  const auto read = read_scenario(text);
  std::string out;
  if (const auto* faults = std::get_if<config::Faults>(&read))
    for (const config::Fault& fault : *faults)
      out += config::to_text(fault, "s") + "\n";
  return out;
}

TEST_CASE("cpu share: more wanted than there is: who wants little gets it, the others alike") {
  CHECK(max_min(100, {10, 20}) == std::vector<std::int64_t>{10, 20});
  CHECK(max_min(100, {80, 10, 80}) == std::vector<std::int64_t>{45, 10, 45});
  CHECK(max_min(0, {5}) == std::vector<std::int64_t>{0});
}

TEST_CASE("network: two flows to one host: each gets half, and all of it once the other ended") {
  reactor::VirtualLoop loop;
  Network network{loop, kSecondOfBytes};
  Instant first, second;
  network.send(0, 2, kSecondOfBytes, [&] { first = loop.now(); });
  network.send(1, 2, 2 * kSecondOfBytes, [&] { second = loop.now(); });
  loop.advance(Duration{10'000});
  CHECK(first == Instant{Duration{2'000}});
  CHECK(second == Instant{Duration{3'000}});
}

TEST_CASE("network: a flow with a limit, and what is left of it") {
  reactor::VirtualLoop loop;
  Network network{loop, kSecondOfBytes};
  Instant ended;
  const auto flow = network.send(
      0, 1, kSecondOfBytes, [&] { ended = loop.now(); }, kSecondOfBytes / 4);
  loop.advance(Duration{1'000});
  CHECK(network.left(flow) == kSecondOfBytes * 3 / 4);
  loop.advance(Duration{10'000});
  CHECK(ended == Instant{Duration{4'000}});
  CHECK(network.left(flow) == 0);
}

TEST_CASE("percent: shares of a core down to a millionth, nothing else") {
  CHECK(parse_percent("40%") == 400'000);
  CHECK(parse_percent("0.05%") == 500);
  for (const char* wrong : {"40", "-1%", "0.00001%", ".5%", "1.%", "%", "200000%"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_percent(wrong));
  }
}

TEST_CASE("scenario: faults: all at once, with line and column") {
  CHECK(faults_of(kTwoHosts) == "");
  std::string wrong{kTwoHosts};
  wrong += "sed: 1\n";
  wrong.replace(wrong.find("on: one"), 7, "on: six");
  wrong.replace(wrong.find("length: 60s"), 11, "length: 60 ");
  const std::string faults = faults_of(wrong);
  INFO(faults);
  CHECK(faults.find("s:2:9: length") != std::string::npos);
  CHECK(faults.find("s:8:20: vms[1].on: 'six' is none of the hosts") != std::string::npos);
  CHECK(faults.find("s:9:1: sed: unknown key; did you mean 'seed'?") != std::string::npos);
}

TEST_CASE("migrator: postcopy: events in libvirt's order, the call returns after them") {
  reactor::VirtualLoop loop;
  World world{loop, two_hosts()};
  Migrator migrator{loop, world, two_hosts().link};
  Listener listener{world};
  world.add(listener);
  migrator.begin(0, 0, 1, actors::ports::MigrationMode::postcopy,
                 [&](const auto& result) { listener.heard += result.ok() ? "done\n" : "error\n"; });
  loop.advance(Duration{10'000});
  CHECK(listener.heard ==
        "two arriving\none suspended_migrating\none suspended_postcopy\ntwo resumed_postcopy\n"
        "two resumed_migrated\none stopped_migrated\ndone\n");
  CHECK_FALSE(world.domain(0, 0));
  CHECK(world.look(1, 0).state == actors::ports::DomainState::running_migrated);
}

TEST_CASE("migrator: postcopy: the VM is slowed by what is missing, less and less") {
  reactor::VirtualLoop loop;
  Scenario scenario = two_hosts();
  scenario.link.bytes_s = 10 * 1'048'576;
  scenario.link.background_pct = 50;
  World world{loop, scenario};
  Migrator migrator{loop, world, scenario.link};
  migrator.begin(0, 0, 1, actors::ports::MigrationMode::postcopy, [](const auto&) {});
  loop.advance(Duration{1'200});
  CHECK(world.domain(1, 0)->rate == 320'000);
  loop.advance(Duration{10'000});
  CHECK(world.domain(1, 0)->rate == 360'000);
  loop.advance(Duration{10'000});
  CHECK(world.domain(1, 0)->rate == 400'000);
}

TEST_CASE("migrator: precopy: the target runs before the source's copy is gone") {
  reactor::VirtualLoop loop;
  World world{loop, two_hosts()};
  Migrator migrator{loop, world, two_hosts().link};
  Listener listener{world};
  world.add(listener);
  migrator.begin(0, 0, 1, actors::ports::MigrationMode::precopy,
                 [&](const auto& result) { listener.heard += result.ok() ? "done\n" : "error\n"; });
  loop.advance(Duration{10'000});
  CHECK(
      listener.heard ==
      "two arriving\none suspended_migrating\ntwo resumed_migrated\none stopped_migrated\ndone\n");
}

TEST_CASE("migrator: abort: the VM runs on at its source; after the switch it is refused") {
  reactor::VirtualLoop loop;
  World world{loop, two_hosts()};
  Migrator migrator{loop, world, two_hosts().link};
  int ended = 0;
  const auto count = [&](const auto&) { ++ended; };
  migrator.begin(0, 0, 1, actors::ports::MigrationMode::precopy, count);
  loop.advance(Duration{1'100});
  CHECK(migrator.abort(0).ok());
  CHECK(ended == 1);
  CHECK(world.look(0, 0).state == actors::ports::DomainState::running);
  CHECK_FALSE(world.domain(1, 0));
  migrator.begin(0, 0, 1, actors::ports::MigrationMode::postcopy, count);
  loop.advance(Duration{1'100});
  CHECK_FALSE(migrator.abort(0).ok());
}

TEST_CASE("world: a host on its way down: a wake then is lost, one later is not") {
  reactor::VirtualLoop loop;
  World world{loop, two_hosts()};
  world.suspend(1);
  loop.advance(Duration{3'000});
  world.resume(1);
  loop.advance(Duration{10'000});
  CHECK(world.hosts()[1].power == HostPower::asleep);
  world.resume(1);
  loop.advance(Duration{5'000});
  CHECK(world.hosts()[1].power == HostPower::awake);
}

}  // namespace
}  // namespace drivers::sim
