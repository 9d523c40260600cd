// SLATAH and PDM, by hand and in a run.
#include "drivers/sim/sla.h"

#include <doctest/doctest.h>

#include "drivers/sim/sla_watch.h"
#include "reactor/virtual_loop.h"

namespace drivers::sim {
namespace {

constexpr Duration kSecond{1'000};

TEST_CASE("sla: nothing seen: nothing said") {
  const SlaSums none;
  CHECK_FALSE(none.slatah_pct());
  CHECK_FALSE(none.pdm_pct());
  CHECK_FALSE(none.slav());
}

TEST_CASE("sla: SLATAH: the share of the awake hosts' time in which one gave less than was asked") {
  SlaSums sums;
  sums.add(HostStretch{3 * kSecond, 80, 80});
  sums.add(HostStretch{kSecond, 120, 100});
  CHECK(*sums.slatah_pct() == doctest::Approx(25));
}

TEST_CASE("sla: PDM: what migrating VMs lacked, of all that VMs asked for") {
  SlaSums sums;
  sums.add(VmStretch{100, 90, true});
  sums.add(VmStretch{100, 50, false});
  sums.add(HostStretch{kSecond, 2, 1});
  CHECK(*sums.pdm_pct() == doctest::Approx(5));
  CHECK(*sums.slav() == doctest::Approx(0.05));
}

TEST_CASE("sla: watched: an overloaded host, and a VM that waits for its pages") {
  reactor::VirtualLoop loop;
  const auto scenario = std::get<Scenario>(read_scenario(R"(
length: 60s
link: {bandwidth_mb_s: 100, page_faults: 50%}
hosts:
  - {name: one, role: server, cores: 1, memory: 4GiB}
  - {name: two, role: server, cores: 1, memory: 4GiB}
  - {name: three, role: server, cores: 1, memory: 4GiB, asleep: true}
vms:
  - {name: a, on: one, memory: 1GiB, load: [{at: 0s, cpu: 60%}]}
  - {name: b, on: one, memory: 1GiB, load: [{at: 0s, cpu: 60%}, {at: 10s, cpu: 0%}]}
)"));
  World world{loop, scenario};
  Migrator migrator{loop, world, scenario.link};
  SlaWatch watch{world, migrator};
  const auto run = [&](int seconds) {
    for (int i = 0; i < seconds; ++i) {
      loop.advance(kSecond);
      watch.look(loop.now());
    }
  };
  run(9);
  CHECK(*watch.sums().slatah_pct() == doctest::Approx(50));
  CHECK(*watch.sums().pdm_pct() == 0);
  run(11);
  CHECK(*watch.sums().slatah_pct() == doctest::Approx(22.5));
  migrator.begin(0, 0, 1, actors::ports::MigrationMode::postcopy, [](const auto&) {});
  run(5);
  CHECK(*watch.sums().pdm_pct() > 0);
}

}  // namespace
}  // namespace drivers::sim
