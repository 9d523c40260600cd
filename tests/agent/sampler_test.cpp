#include "drivers/agent/sampler.h"

#include <doctest/doctest.h>

#include "tests/vm_id.h"

using namespace drivers::agent;
using actors::ports::HostSample;
using actors::ports::VmLetter;
using reactor::Duration;

namespace {

const actors::VmId kWeb = vm_id("web"), kDb = vm_id("db");

DomainCounters domain(const actors::VmId& vm, std::int64_t cpu_us) {
  DomainCounters counters;
  counters.vm = vm;
  counters.name = vm.text();
  counters.state = VmLetter::running;
  counters.vcpus = 2;
  counters.memory = {1000};
  counters.cpu_us = cpu_us;
  counters.network = Traffic{cpu_us, cpu_us * 2};
  counters.disk = Traffic{0, 0};
  return counters;
}

Reading reading(std::int64_t t_ms, std::int64_t cpu_us, std::optional<DomainList> domains) {
  Reading reading;
  reading.t = Duration{t_ms};
  reading.wall = Duration{1'700'000'000'000 + t_ms};
  reading.host.cpu_us = cpu_us;
  reading.host.memory = {5000};
  reading.domains = std::move(domains);
  return reading;
}

const actors::ports::VmSample* find(const HostSample& sample, const actors::VmId& vm) {
  for (const auto& one : sample.vms)
    if (one.vm == vm) return &one;
  return nullptr;
}

}  // namespace

TEST_CASE("sampler: the first reading: no sample") {
  Sampler sampler;
  CHECK(!sampler.take(reading(1'000, 0, DomainList{domain(kWeb, 0)})));
}

TEST_CASE("sampler: two readings: what was used in between, in thousandths of a core") {
  Sampler sampler;
  (void)sampler.take(reading(1'000, 100'000, DomainList{domain(kWeb, 7'000'000)}));
  const auto sample = sampler.take(reading(3'000, 1'700'000, DomainList{domain(kWeb, 8'000'000)}));
  REQUIRE(sample);
  CHECK(sample->seq == 1);
  CHECK(sample->t == Duration{3'000});
  CHECK(sample->dt == Duration{2'000});
  CHECK(sample->use.cpu.count == 800);
  CHECK(sample->use.memory.count == 5000);
  REQUIRE(find(*sample, kWeb) != nullptr);
  CHECK(find(*sample, kWeb)->use.cpu.count == 500);
  CHECK(find(*sample, kWeb)->use.rx == 1'000'000);
  CHECK(find(*sample, kWeb)->use.tx == 2'000'000);
  CHECK(find(*sample, kWeb)->vcpus == 2);
}

TEST_CASE("sampler: a VM that is new: left out of its first second, so no burst of its arrival") {
  Sampler sampler;
  (void)sampler.take(reading(1'000, 0, DomainList{domain(kWeb, 0)}));
  const auto first =
      sampler.take(reading(2'000, 0, DomainList{domain(kWeb, 1), domain(kDb, 900'000)}));
  REQUIRE(first);
  CHECK(find(*first, kDb) == nullptr);
  const auto second =
      sampler.take(reading(3'000, 0, DomainList{domain(kWeb, 1), domain(kDb, 1'000'000)}));
  REQUIRE(find(*second, kDb) != nullptr);
  CHECK(find(*second, kDb)->use.cpu.count == 100);
}

TEST_CASE("sampler: a counter that went back: left out for one second") {
  Sampler sampler;
  (void)sampler.take(reading(1'000, 0, DomainList{domain(kWeb, 9'000'000)}));
  CHECK(sampler.take(reading(2'000, 0, DomainList{domain(kWeb, 50'000)}))->vms.empty());
  CHECK(find(*sampler.take(reading(3'000, 0, DomainList{domain(kWeb, 350'000)})), kWeb)
            ->use.cpu.count == 300);
}

TEST_CASE("sampler: libvirt late: CPU by the process, and nothing is counted twice after") {
  Sampler sampler;
  const auto with_process = [](Reading reading, std::int64_t cpu_us) {
    reading.processes[kWeb] = {77, cpu_us};
    return reading;
  };
  (void)sampler.take(with_process(reading(1'000, 0, DomainList{domain(kWeb, 1'000'000)}), 500'000));
  const auto late = sampler.take(with_process(reading(2'000, 0, {}), 900'000));
  REQUIRE(find(*late, kWeb) != nullptr);
  CHECK(find(*late, kWeb)->use.cpu.count == 400);
  CHECK(find(*late, kWeb)->use.memory.count == 1000);
  CHECK(find(*late, kWeb)->use.rx == 0);
  const auto back =
      sampler.take(with_process(reading(3'000, 0, DomainList{domain(kWeb, 1'700'000)}), 1'200'000));
  CHECK(find(*back, kWeb)->use.cpu.count == 300);  // the process's third second, not libvirt's two
  CHECK(find(*back, kWeb)->use.rx == 700'000);     // traffic of both seconds
  const auto after =
      sampler.take(with_process(reading(4'000, 0, DomainList{domain(kWeb, 1'900'000)}), 9'000'000));
  CHECK(find(*after, kWeb)->use.cpu.count == 200);  // libvirt's again
}

TEST_CASE("sampler: libvirt late: a VM whose process is gone or another one is left out") {
  Sampler sampler;
  Reading first = reading(1'000, 0, DomainList{domain(kWeb, 0)});
  first.processes[kWeb] = {77, 0};
  (void)sampler.take(first);
  Reading second = reading(2'000, 0, {});
  second.processes[kWeb] = {78, 100'000};
  CHECK(sampler.take(second)->vms.empty());
  CHECK(sampler.take(reading(3'000, 0, {}))->vms.empty());
}

TEST_CASE("sampler: a domain busy with a job: its traffic is not lost and not negative") {
  Sampler sampler;
  (void)sampler.take(reading(1'000, 0, DomainList{domain(kWeb, 1'000)}));
  DomainCounters busy = domain(kWeb, 2'000);
  busy.network.reset();
  busy.memory = {};
  const auto without = sampler.take(reading(2'000, 0, DomainList{busy}));
  CHECK(find(*without, kWeb)->use.rx == 0);
  CHECK(find(*without, kWeb)->use.memory.count == 1000);
  CHECK(find(*sampler.take(reading(3'000, 0, DomainList{domain(kWeb, 3'000)})), kWeb)->use.rx ==
        2'000);
}

TEST_CASE("sampler: forget: what was before a sleep is not compared; seq goes on") {
  Sampler sampler;
  (void)sampler.take(reading(1'000, 0, DomainList{}));
  CHECK(sampler.take(reading(2'000, 0, DomainList{}))->seq == 1);
  sampler.forget();
  CHECK(!sampler.take(reading(900'000, 5'000, DomainList{})));
  CHECK(sampler.take(reading(901'000, 6'000, DomainList{}))->seq == 2);
}

TEST_CASE("sampler: a reading in the same millisecond: no sample") {
  Sampler sampler;
  (void)sampler.take(reading(1'000, 0, DomainList{}));
  CHECK(!sampler.take(reading(1'000, 10, DomainList{})));
}
