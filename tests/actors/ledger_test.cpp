#include "actors/controller/ledger.h"

#include <doctest/doctest.h>

#include "actors/ports/json.h"
#include "reactor/random.h"
#include "tests/vm_id.h"

namespace actors {
namespace {

using reactor::Instant;

constexpr Duration kGap{3'000};
const VmId kA = vm_id("a"), kB = vm_id("b"), kC = vm_id("c");

Instant at(std::int64_t ms) {
  return Instant{Duration{ms}};
}

std::int64_t sum_of(const Account& account) {
  std::int64_t out = 0;
  for (const auto& vm : account.vms())
    out += vm.mj;
  return out;
}

TEST_CASE("ledger: two readings: the power between them goes straight from one to the other") {
  Account account{at(0), kGap};
  CHECK(account.book(at(0), 100'000, {.state = Cause::network}));
  CHECK(account.book(at(1'000), 50'000, {.state = Cause::network}));
  const Energy energy = account.energy(at(1'000));
  CHECK(energy.of(Cause::network) == 75'000);
  CHECK(energy.total_mj() == 75'000);
  CHECK(energy.coverage_pct() == 100);
}

TEST_CASE("ledger: fractions of a millijoule are kept for the next one") {
  Account account{at(0), kGap};
  for (std::int64_t ms = 0; ms <= 2'000; ++ms)
    account.book(at(ms), 7, {.state = Cause::sleep});
  CHECK(account.energy(at(2'000)).total_mj() == 14);
}

TEST_CASE("ledger: a gap: is not covered, and no energy is made up for it") {
  Account account{at(0), kGap};
  account.book(at(1'000), 10'000, {});
  account.book(at(2'000), 10'000, {});
  account.book(at(5'001), 10'000, {});
  account.book(at(6'001), 10'000, {});
  const Energy energy = account.energy(at(8'000));
  CHECK(energy.total_mj() == 20'000);
  CHECK(energy.covered == Duration{2'000});
  CHECK(energy.open == Duration{8'000});
  CHECK(energy.coverage_pct() == 25);
}

TEST_CASE("ledger: a target that was never read: no energy, no coverage") {
  const Account account{at(0), kGap};
  CHECK(account.energy(at(1'000)).total_mj() == 0);
  CHECK(account.energy(at(1'000)).coverage_pct() == 0);
  CHECK(account.energy(at(0)).coverage_pct() == 0);
}

TEST_CASE("ledger: readings from outside that can't be are refused and change nothing") {
  Account account{at(0), kGap};
  account.book(at(1'000), 10'000, {});
  CHECK(!account.book(at(1'000), 10'000, {}));
  CHECK(!account.book(at(999), 10'000, {}));
  CHECK(!account.book(at(2'000), -1, {}));
  CHECK(!account.book(at(2'000), 1'000'000'001, {}));
  account.book(at(2'000), 10'000, {});
  CHECK(account.energy(at(2'000)).total_mj() == 10'000);
}

// Paper §II-A: 53 W idle, 100 W at full CPU.
TEST_CASE("ledger: an awake host: idle power, then migrations, then VMs by their CPU") {
  Account account{at(0), kGap};
  const std::vector<VmShare> vms{{kB, {400}}, {kA, {200}}};
  account.book(at(0), 88'000, {});
  account.book(at(1'000), 88'000,
               {.idle_mw = 53'000, .migration_mw = 3'000, .own = {200}, .vms = vms});
  const Energy energy = account.energy(at(1'000));
  CHECK(energy.of(Cause::migration) == 3'000);
  CHECK(energy.of(Cause::idle) == 53'000 + 8'000);
  CHECK(energy.of(Cause::vms) == 24'000);
  REQUIRE(account.vms().size() == 2);
  CHECK(account.vms()[0].vm == kA);
  CHECK(account.vms()[0].mj == 8'000);
  CHECK(account.vms()[1].mj == 16'000);
}

TEST_CASE("ledger: less than idle power, or nobody who used CPU: all of it is idle") {
  Account account{at(0), kGap};
  const std::vector<VmShare> vms{{kA, {200}}}, calm{{kA, {0}}};
  account.book(at(0), 40'000, {});
  account.book(at(1'000), 40'000, {.idle_mw = 53'000, .migration_mw = 3'000, .vms = vms});
  account.book(at(2'000), 40'000, {.idle_mw = 10'000, .vms = calm});
  CHECK(account.energy(at(2'000)).of(Cause::idle) == 80'000);
}

TEST_CASE("ledger: asleep and on the way: all of it goes there, whoever is named") {
  Account account{at(0), kGap};
  const std::vector<VmShare> vms{{kA, {200}}};
  account.book(at(0), 7'000, {});
  account.book(at(1'000), 7'000, {.state = Cause::sleep, .vms = vms});
  account.book(at(2'000), 53'000, {.state = Cause::transition, .idle_mw = 53'000, .vms = vms});
  const Energy energy = account.energy(at(2'000));
  CHECK(energy.of(Cause::sleep) == 7'000);
  CHECK(energy.of(Cause::transition) == 30'000);
  CHECK(account.vms().empty());
}

// Whole numbers chosen to divide by nothing, up to the ends of their ranges.
TEST_CASE("ledger: awkward numbers: the causes' sum is the integral, to the millijoule") {
  reactor::Random chance{17};
  for (int round = 0; round < 200; ++round) {
    Account account{at(0), Duration{600'000}};
    std::int64_t t = 0, before = 0, twice_uj = 0;
    account.book(at(0), 0, {});
    for (int reading = 0; reading < 50; ++reading) {
      const std::int64_t step = chance.between(1, 600'000);
      const std::int64_t milliwatts = chance.between(0, 1'000'000'000);
      std::vector<VmShare> vms;
      for (const VmId& vm : {kC, kA, kB})
        vms.push_back({vm, {chance.between(0, 1'000'000'000)}});
      t += step;
      twice_uj += (before + milliwatts) * step;
      before = milliwatts;
      REQUIRE(account.book(at(t), milliwatts,
                           {.idle_mw = chance.between(0, 1'000'000'000),
                            .migration_mw = chance.between(0, 1'000'000),
                            .own = {chance.between(0, 7)},
                            .vms = vms}));
    }
    const Energy energy = account.energy(at(t));
    REQUIRE(energy.total_mj() == twice_uj / 2'000);
    REQUIRE(energy.of(Cause::vms) == sum_of(account));
    REQUIRE(energy.coverage_pct() == 100);
  }
}

TEST_CASE("ledger: written down and read back, it goes on as if nothing had been") {
  Account account{at(0), kGap};
  account.book(at(0), 333, {.state = Cause::sleep});
  account.book(at(1'001), 334, {.state = Cause::sleep});
  Account again;
  REQUIRE(from_json(to_json(account), again));
  for (Account* each : {&account, &again})
    each->book(at(2'000), 335, {.state = Cause::sleep});
  CHECK(to_json(again) == to_json(account));
}

TEST_CASE("ledger: sums of accounts add their coverage too") {
  Energy sum;
  Account read{at(0), kGap};
  read.book(at(0), 1'000, {});
  read.book(at(1'000), 1'000, {});
  sum += read.energy(at(1'000));
  sum += Account{at(0), kGap}.energy(at(1'000));
  CHECK(sum.total_mj() == 1'000);
  CHECK(sum.coverage_pct() == 50);
}

}  // namespace
}  // namespace actors
