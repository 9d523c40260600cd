// What a run tells those who listen, and that listening changes nothing.
#include "tools/experiments/simulation.h"

#include <doctest/doctest.h>

namespace experiments {

using namespace drivers::sim;

namespace {

using reactor::Instant;

// One VM too many for its warehouse node: one distribution, then it falls idle and returns.
constexpr const char* kOneDistribution = R"(
length: 120s
link: {bandwidth_mb_s: 100, setup: 1s, downtime: 200ms}
hosts:
  - {name: wh, role: warehouse, cores: 1, memory: 8GiB, overhead: 10%}
  - {name: s1, role: server, cores: 1, memory: 8GiB, overhead: 10%, asleep: true}
vms:
  - {name: busy, on: wh, memory: 1GiB, load: [{at: 0s, cpu: 80%}, {at: 60s, cpu: 10%}]}
  - {name: calm, on: wh, memory: 1GiB, load: [{at: 0s, cpu: 30%}]}
)";

Scenario one_distribution() {
  return std::get<Scenario>(read_scenario(kOneDistribution));
}

struct Memory final : Audience {
  void second_over(const Second& second) override { seconds.push_back(second); }
  void migration_over(const MigrationRecord& over) override { migrations.push_back(over); }

  std::vector<Second> seconds;
  std::vector<MigrationRecord> migrations;
};

TEST_CASE("simulation: an audience hears each second, and each migration with its downtime") {
  Memory memory;
  const Scenario scenario = one_distribution();
  Simulation run{scenario, {.audience = &memory}};
  run.run_until(Instant{scenario.length});
  REQUIRE(memory.seconds.size() == 121);
  CHECK(memory.seconds[0].at == Duration{0});
  CHECK(memory.seconds[120].at == Duration{120'000});
  REQUIRE(memory.migrations.size() == 2);
  for (const MigrationRecord& each : memory.migrations) {
    CHECK(each.vm == 0);
    CHECK(each.completed);
    CHECK(each.downtime == Duration{200});
    CHECK(each.ended > each.began + Duration{10'000});
  }
  CHECK(memory.migrations[0].target == 1);
  CHECK(memory.migrations[1].target == 0);
}

TEST_CASE("simulation: a second says who got how much, who lacked it and which hosts were on") {
  Memory memory;
  const Scenario scenario = one_distribution();
  Simulation run{scenario, {.audience = &memory}};
  run.run_until(Instant{scenario.length});
  const Second& first = memory.seconds[1];
  CHECK(first.hosts_on == 1);
  CHECK(first.wanted == 1'100'000);
  CHECK(first.hosts[0].own == 100'000);
  CHECK(first.hosts[0].vms == std::vector<VmCpu>{{0, 600'000}, {1, 300'000}});
  CHECK(first.lost_ns == 200'000'000);
  CHECK(first.hosts[1].power == HostPower::asleep);
  const Second& apart = memory.seconds[50];
  CHECK(apart.hosts_on == 2);
  CHECK(apart.hosts[1].vms == std::vector<VmCpu>{{0, 800'000}});
  CHECK(apart.lost_ns == 0);
  CHECK(memory.seconds[120].hosts_on == 1);
}

// Precopy ends fast here: `busy` still runs on its source in the very second in which it leaves it.
TEST_CASE("simulation: a VM's last part of a second on a host is not the host's own") {
  Scenario scenario = one_distribution();
  scenario.settings.migration.mode = actors::ports::MigrationMode::precopy;
  scenario.link.cpu_per_100mb_s = 0;
  scenario.link.setup = Duration{1'300};
  Memory memory;
  Simulation run{scenario, {.audience = &memory}};
  run.run_until(Instant{scenario.length});
  REQUIRE(memory.migrations.size() == 2);
  const Duration left = memory.migrations[0].ended;
  const Second& last = memory.seconds[static_cast<std::size_t>(left.count() / 1'000) + 1];
  REQUIRE(last.hosts[0].vms.size() == 2);
  CHECK(last.hosts[0].vms[0].vm == 0);
  CHECK(last.hosts[0].vms[0].got > 0);
  for (const Second& second : memory.seconds)
    for (const HostSecond& host : second.hosts)
      CHECK(host.own <= 100'002);  // two means that are rounded
}

TEST_CASE("simulation: without a journal the same happens, and nothing is kept") {
  Memory with, without;
  std::vector<std::string> lines_with, lines_without;
  const Scenario scenario = one_distribution();
  const auto into = [](std::vector<std::string>& lines) {
    return [&lines](const std::string& line) { lines.push_back(line); };
  };
  Simulation run{scenario, {.tail = into(lines_with), .audience = &with}};
  run.run_until(Instant{scenario.length});
  Simulation bare{scenario, {.journal = false, .tail = into(lines_without), .audience = &without}};
  bare.run_until(Instant{scenario.length});
  CHECK(lines_without == lines_with);
  CHECK(without.migrations.size() == with.migrations.size());
  CHECK(without.seconds.back().hosts[0].vms == with.seconds.back().hosts[0].vms);
  CHECK(!run.models().stream().journal().empty());
  CHECK(bare.models().stream().journal().empty());
  CHECK(bare.models().stream().samples({"0-0"}, {"9999999999999-0"}).size() <= 2);
}

}  // namespace
}  // namespace experiments
