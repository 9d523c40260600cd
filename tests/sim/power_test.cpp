// What simulated hosts draw, and what their meters say of it. Figures: paper §II-A, Tables II, III.
#include "drivers/sim/power.h"

#include <doctest/doctest.h>

#include "drivers/sim/migrator.h"
#include "drivers/sim/sim_meter.h"
#include "reactor/virtual_loop.h"

namespace drivers::sim {
namespace {

constexpr Ucores kCore = 1'000'000;

constexpr const char* kHosts = R"(
length: 60s
link: {bandwidth_mb_s: 100}
hosts:
  - {name: one, role: server, cores: 2, capacity_cores: 1, memory: 4GiB}
  - {name: two, role: server, cores: 1, memory: 4GiB, asleep: true}
switches: [{name: switch0, watts: 12.5W}]
vms:
  - {name: vm, on: one, memory: 1GiB, load: [{at: 0s, cpu: 50%}, {at: 1500ms, cpu: 100%}]}
)";

constexpr const char* kTwoAwake = R"(
length: 60s
link: {bandwidth_mb_s: 100}
hosts:
  - {name: one, role: server, cores: 1, memory: 4GiB}
  - {name: two, role: server, cores: 1, memory: 4GiB}
vms:
  - {name: vm, on: one, memory: 2GiB, load: [{at: 0s, cpu: 0%}]}
)";

std::string faults_of(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  const auto read = read_scenario(text);
  std::string out;
  if (const auto* faults = std::get_if<config::Faults>(&read))
    for (const config::Fault& fault : *faults)
      out += config::to_text(fault, "s") + "\n";
  return out;
}

struct Readings final : actors::ports::MeterListener {
  void read(const actors::ports::MeterReading& reading) override {
    said.push_back(reading.target.text + " " +
                   std::to_string(reading.at.time_since_epoch().count()) + " " +
                   std::to_string(reading.power.count));
  }
  std::vector<std::string> said;
};

TEST_CASE("power: awake: the paper's line, 53 + 47 L, which has no end") {
  const PowerModel paper;
  CHECK(awake_power(paper, 0, kCore) == 53'000);
  CHECK(awake_power(paper, kCore / 2, kCore) == 76'500);
  CHECK(awake_power(paper, kCore, kCore) == 100'000);
  CHECK(awake_power(paper, 2 * kCore, kCore) == 147'000);
}

TEST_CASE("power: a table of points: linear between two of them") {
  PowerModel table;
  table.awake = {86'000, 89'400, 92'600};
  CHECK(awake_power(table, 0, 2 * kCore) == 86'000);
  CHECK(awake_power(table, kCore / 2, 2 * kCore) == 87'700);
  CHECK(awake_power(table, kCore, 2 * kCore) == 89'400);
  CHECK(awake_power(table, 3 * kCore / 2, 2 * kCore) == 91'000);
  CHECK(awake_power(table, 2 * kCore, 2 * kCore) == 92'600);
}

TEST_CASE("meter: each second the mean of every host and switch, also of those asleep") {
  reactor::VirtualLoop loop;
  const auto scenario = std::get<Scenario>(read_scenario(kHosts));
  World world{loop, scenario};
  SimMeter meter{loop, world, scenario.switches};
  Readings readings;
  meter.watch(readings);
  loop.advance(Duration{2'000});
  CHECK(readings.said == std::vector<std::string>{"one 1000 76500", "two 1000 7000",
                                                  "switch0 1000 12500", "one 2000 88250",
                                                  "two 2000 7000", "switch0 2000 12500"});
}

TEST_CASE("meter: a host on its way to sleep and up draws what an idle one does") {
  reactor::VirtualLoop loop;
  World world{loop, std::get<Scenario>(read_scenario(kHosts))};
  CHECK(world.hosts()[1].milliwatts == 7'000);
  world.resume(1);
  CHECK(world.hosts()[1].milliwatts == 53'000);
  loop.advance(Duration{5'000});
  world.suspend(1);
  CHECK(world.hosts()[1].milliwatts == 53'000);
  loop.advance(Duration{5'000});
  CHECK(world.hosts()[1].milliwatts == 7'000);
  CHECK(world.counted(1).energy_uj == 10 * 53'000'000);
}

// Paper §II-A.2: an idle VM of 2 GB in 60 s, 3 W or less at each end; §IV-B: 20 W or less in all.
TEST_CASE("power: a migration: what it moves costs CPU, and so watts, at both ends") {
  const auto extra = [](std::int64_t megabytes_s) {
    reactor::VirtualLoop loop;
    auto scenario = std::get<Scenario>(read_scenario(kTwoAwake));
    scenario.link.bytes_s = megabytes_s * 1'000'000;
    World world{loop, scenario};
    Migrator migrator{loop, world, scenario.link};
    migrator.begin(0, 0, 1, actors::ports::MigrationMode::postcopy, [](const auto&) {});
    loop.advance(Duration{2'000});
    CHECK(world.hosts()[0].milliwatts == world.hosts()[1].milliwatts);
    const std::int64_t now = world.hosts()[0].milliwatts;
    loop.advance(Duration{100'000});
    CHECK(world.hosts()[0].milliwatts == 53'000);
    return now - 53'000;
  };
  CHECK(extra(36) == 3'045);
  CHECK(2 * extra(96) == 16'242);
}

TEST_CASE("scenario: watts: without C-states the transition costs more too") {
  std::string text{kHosts};
  text.replace(text.find("4GiB}"), 5, "4GiB, watts: {idle: 64W}}");
  const auto scenario = std::get<Scenario>(read_scenario(text));
  CHECK(scenario.hosts[0].power.awake == std::vector<std::int64_t>{64'000, 100'000});
  CHECK(scenario.hosts[0].power.transition == 64'000);
  CHECK(scenario.hosts[0].power.asleep == 7'000);
}

TEST_CASE("scenario: watts: what is no power, or said twice, is a fault") {
  const auto with = [](const std::string& watts) {
    return faults_of(kHosts, "4GiB}", "4GiB, watts: " + watts + "}");
  };
  CHECK(with("{points: [86W, 89.4W]}") == "");
  CHECK(with("{idle: 53}").find("hosts[1].watts.idle: '53' is no power; expected 53W") !=
        std::string::npos);
  CHECK(with("{points: [86W]}").find("hosts[1].watts.points: is no list of powers") !=
        std::string::npos);
  CHECK(with("{points: [86W, -1W]}").find("'-1W' is no power") != std::string::npos);
  CHECK(with("{idle: 5W, points: [1W, 2W]}").find("give either") != std::string::npos);
  CHECK(with("{sleeping: 7W}").find("hosts[1].watts.sleeping: unknown key") != std::string::npos);
  CHECK(faults_of(kHosts, "12.5W", "12").find("switches[1].watts: '12' is no power") !=
        std::string::npos);
}

}  // namespace
}  // namespace drivers::sim
