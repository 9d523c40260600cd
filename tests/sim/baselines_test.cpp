// What runs are held against, and how a run is summed up.
#include "tools/experiments/baselines.h"

#include <doctest/doctest.h>

#include "tools/experiments/experiment.h"
#include "tools/experiments/first_fit.h"

namespace experiments {

using namespace drivers::sim;

namespace {

// The paper's host (Table II, III, footnote 1) and two switches; VMs of 80 % and 30 %, later 10 %.
constexpr const char* kTwoVms = R"(
length: 100s
link: {bandwidth_mb_s: 100, setup: 1s, downtime: 200ms}
switches:
  - {name: sw0, watts: 10W}
  - {name: sw1, watts: 5W}
hosts:
  - {name: wh, role: warehouse, cores: 1, memory: 8GiB}
  - {name: s1, role: server, cores: 1, memory: 8GiB, asleep: true}
  - {name: s2, role: server, cores: 1, memory: 8GiB, asleep: true}
vms:
  - {name: busy, on: wh, memory: 1GiB, load: [{at: 0s, cpu: 80%}, {at: 50s, cpu: 10%}]}
  - {name: calm, on: wh, memory: 1GiB, load: [{at: 0s, cpu: 30%}]}
)";

Scenario two_vms() {
  return std::get<Scenario>(read_scenario(kTwoVms));
}

struct Last final : Audience {
  void second_over(const Second& second) override { seconds.push_back(second); }
  void migration_over(const MigrationRecord&) override {}
  std::vector<Second> seconds;
};

TEST_CASE("first fit: each goes to the first place that has room for it, by CPU and by memory") {
  FirstFit fit{{{100, 10}, {100, 100}, {50, 100}}};
  CHECK(fit.put({60, 5}) == 0);
  CHECK(fit.put({60, 5}) == 1);
  CHECK(fit.put({40, 6}) == 1);  // CPU would do at 0, memory not
  CHECK(fit.put({40, 5}) == 0);
  CHECK(fit.put({50, 100}) == 2);
  CHECK(fit.put({1, 0}) == std::nullopt);
  CHECK(fit.put({0, 0}) == 0);
}

TEST_CASE("first fit: one place") {
  FirstFit fit{{{1, 1}}};
  CHECK(fit.put({2, 1}) == std::nullopt);
  CHECK(fit.put({1, 1}) == 0);
}

TEST_CASE("baseline none: a server node each, no warehouse node, nobody moves") {
  const Scenario apart = each_on_its_own(two_vms());
  REQUIRE(apart.hosts.size() == 2);
  CHECK(apart.hosts[0].plan.role == actors::Role::server);
  CHECK(apart.vms[1].on == apart.hosts[1].plan.name);
  Last heard;
  run_none(two_vms(), heard);
  REQUIRE(heard.seconds.size() == 101);
  const Second& busy = heard.seconds[10];
  CHECK(busy.hosts_on == 2);
  CHECK(busy.hosts[0].milliwatts == 53'000 + 47'000 * 80 / 100);
  CHECK(busy.milliwatts == 2 * 53'000 + 47'000 * 110 / 100 + 15'000);
  CHECK(busy.lost_ns == 0);
}

TEST_CASE("baseline ideal: packed anew each second; who has no VM sleeps") {
  Last heard;
  run_ideal(two_vms(), heard);
  REQUIRE(heard.seconds.size() == 101);
  const Second& busy = heard.seconds[49];
  CHECK(busy.hosts_on == 2);
  CHECK(busy.hosts[0].vms == std::vector<VmCpu>{{0, 800'000}});
  CHECK(busy.hosts[1].vms == std::vector<VmCpu>{{1, 300'000}});
  CHECK(busy.milliwatts == 2 * 53'000 + 47'000 * 110 / 100 + 7'000 + 15'000);
  const Second& calm = heard.seconds[50];
  CHECK(calm.hosts_on == 1);
  CHECK(calm.hosts[0].milliwatts == 53'000 + 47'000 * 40 / 100);
  CHECK(calm.hosts[1].milliwatts == 7'000);
  CHECK(calm.lost_ns == 0);
}

TEST_CASE("baseline ideal: more than there is room for: CPU is lost, and said so") {
  Scenario scenario = two_vms();
  scenario.hosts.resize(1);
  Last heard;
  run_ideal(scenario, heard);
  CHECK(heard.seconds[10].lost_ns == 100'000'000);
  CHECK(heard.seconds[10].hosts[0].milliwatts == 100'000);
}

TEST_CASE("baseline ideal: what a host itself uses takes room and draws power") {
  Scenario scenario = two_vms();
  for (HostModel& host : scenario.hosts)
    host.overhead = 200'000;
  Last heard;
  run_ideal(scenario, heard);
  const Second& calm = heard.seconds[60];
  CHECK(calm.hosts_on == 1);
  CHECK(calm.hosts[0].milliwatts == 53'000 + 47'000 * 60 / 100);
}

TEST_CASE("experiment: energy lies between the ideal and none, and its causes add up") {
  const Outcome none = run(two_vms(), RunKind::none), ideal = run(two_vms(), RunKind::ideal);
  const Outcome real = run(two_vms(), RunKind::postcopy);
  CHECK(real.broken.empty());
  CHECK(none.summary.energy.total_mj() > real.summary.energy.total_mj());
  CHECK(real.summary.energy.total_mj() > ideal.summary.energy.total_mj());
  for (const Outcome* each : {&none, &ideal, &real}) {
    const actors::Energy& energy = each->summary.energy;
    CHECK(energy.of(actors::Cause::network) == 1'500'000);
    CHECK(energy.of(actors::Cause::vms) > 0);
    CHECK(energy.coverage_pct() == 100);
  }
  CHECK(none.summary.energy.of(actors::Cause::sleep) == 0);
  CHECK(real.summary.energy.of(actors::Cause::transition) > 0);
  CHECK(real.summary.energy.of(actors::Cause::migration) > 0);
  CHECK(none.summary.energy.of(actors::Cause::migration) == 0);
  CHECK(none.summary.policy.empty());
  CHECK(real.summary.policy == "paper2011");
  CHECK(real.summary.migrations == 2);
  CHECK(real.summary.downtime_ms_p99 == 200);
}

TEST_CASE("experiment: the migration mode is that of the kind, whatever the settings say") {
  const Outcome pre = run(two_vms(), RunKind::precopy);
  REQUIRE(pre.summary.downtime_ms_p99);
  CHECK(*pre.summary.downtime_ms_p99 != 200);
  CHECK(pre.summary.kind == RunKind::precopy);
}

}  // namespace
}  // namespace experiments
