// SLATAH and PDM, by hand and in a run.
#include "drivers/sim/sla.h"

#include <doctest/doctest.h>

#include "reactor/virtual_loop.h"
#include "tools/experiments/baselines.h"
#include "tools/experiments/bookkeeper.h"
#include "tools/experiments/recorder.h"

namespace experiments {

using namespace drivers::sim;

namespace {

constexpr Duration kSecond{1'000};

TEST_CASE("sla: nothing seen: nothing said") {
  const Sla none;
  CHECK_FALSE(none.slatah_pct());
  CHECK_FALSE(none.pdm_pct());
}

TEST_CASE("sla: shares of the sums, not means of shares") {
  Sla sla{3 * kSecond, kSecond, 300, 0};
  sla += {kSecond, Duration{0}, 100, 2};
  CHECK(*sla.slatah_pct() == 25);
  CHECK(*sla.pdm_pct() == 0.5);
}

// `one` is overloaded by 20 % of a core for ten seconds; `three` sleeps and does not count.
constexpr const char* kOverload = R"(
length: 60s
link: {bandwidth_mb_s: 100, setup: 1s, downtime: 200ms, page_faults: 50%, cpu_per_100mb_s: 0%}
hosts:
  - {name: one, role: server, cores: 1, memory: 4GiB}
  - {name: two, role: server, cores: 1, memory: 4GiB}
  - {name: three, role: server, cores: 1, memory: 4GiB, asleep: true}
vms:
  - {name: a, on: one, memory: 1GiB, load: [{at: 0s, cpu: 60%}]}
  - {name: b, on: one, memory: 1GiB, load: [{at: 0s, cpu: 60%}, {at: 10s, cpu: 0%}]}
)";

struct Watched {
  Scenario scenario = std::get<Scenario>(read_scenario(kOverload));
  reactor::VirtualLoop loop;
  World world{loop, scenario};
  Migrator migrator{loop, world, scenario.link};
  Bookkeeper books;
  Recorder recorder{world, migrator, {}, books};

  Watched() {
    migrator.on_end([this](const MigrationRecord& over) { books.migration_over(over); });
    recorder.look(loop.now());
  }
  RunSummary after(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      loop.advance(kSecond);
      recorder.look(loop.now());
    }
    return books.summary();
  }
};

TEST_CASE("sla: SLATAH: the share of the awake hosts' time in which VMs on one lacked CPU") {
  Watched run;
  CHECK(*run.after(9).slatah_pct == doctest::Approx(100 * 9 / 18.0));
  const RunSummary later = run.after(11);
  CHECK(*later.slatah_pct == doctest::Approx(100 * 10 / 40.0));
  CHECK(*later.pdm_pct == 0);
}

TEST_CASE("sla: PDM: what a VM lacks while it migrates: stopped, then waiting for its pages") {
  Watched run;
  run.after(20);
  run.migrator.begin(0, 0, 1, actors::ports::MigrationMode::postcopy, [](const auto&) {});
  const RunSummary summary = run.after(40);
  REQUIRE(summary.migrations == 1);
  const double asked_s = 60 * 0.6 + 10 * 0.6;
  const double stopped_s = 0.2 * 0.6;
  const double lacked_s = *summary.pdm_pct / 100 * asked_s;
  CHECK(lacked_s > stopped_s);
  // 10.7 s at 100 MB/s, half of it lacking at first, less and less of it: a quarter in the mean.
  CHECK(lacked_s - stopped_s == doctest::Approx(10.7 * 0.6 / 4).epsilon(0.1));
  CHECK(*summary.slatah_pct == doctest::Approx(100 * (10 + 10.7) / 120).epsilon(0.02));
}

struct Last final : Audience {
  void second_over(const Second& second) override { last = second; }
  void migration_over(const MigrationRecord&) override {}
  Second last;
};

TEST_CASE("sla: ideal: what no host has room for is lacked; nobody migrates") {
  Scenario scenario = std::get<Scenario>(read_scenario(kOverload));
  scenario.hosts.resize(1);
  Last heard;
  run_ideal(scenario, heard);
  CHECK(heard.last.sla.lacking == 9 * kSecond);
  CHECK(heard.last.sla.awake == 60 * kSecond);
  CHECK(*heard.last.sla.pdm_pct() == 0);
}

}  // namespace
}  // namespace experiments
