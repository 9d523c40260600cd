#include "tools/experiments/recorder.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "drivers/sim/power.h"

namespace experiments {

using namespace drivers::sim;

namespace {

bool is_on(HostPower power) {
  return power != HostPower::asleep && power != HostPower::off;
}

// Nanoseconds of CPU in so many milliseconds.
Ucores mean(std::int64_t ns, std::int64_t ms) {
  return ms > 0 ? ns / ms : 0;
}

}  // namespace

Recorder::Recorder(World& world, const Migrator& migrator, const std::vector<SwitchModel>& switches,
                   Audience& audience)
    : world_(world), migrator_(migrator), audience_(audience), counted_(world.hosts().size()) {
  second_.hosts.resize(world.hosts().size());
  for (const SwitchModel& each : switches)
    second_.switches.push_back(each.milliwatts);
}

void Recorder::look(Instant now) {
  const Duration passed = now.time_since_epoch() - second_.at;
  second_.at = now.time_since_epoch();
  for (std::size_t host = 0; host < second_.hosts.size(); ++host)
    look_at_host(host, passed.count());
  sum_up();
  audience_.second_over(second_);
}

void Recorder::look_at_host(std::size_t place, std::int64_t ms) {
  const Host& host = world_.counted(place);
  HostSecond& out = second_.hosts[place];
  Counted& counted = counted_[place];
  const std::int64_t drawn = host.energy_uj - std::exchange(counted.energy_uj, host.energy_uj);
  out.power = host.power;
  out.milliwatts = ms > 0 ? drawn / ms : host.milliwatts;  // as a meter: the second's mean
  out.idle_milliwatts = host.model.power.awake.front();
  out.own = mean(host.cpu_ns - std::exchange(counted.cpu_ns, host.cpu_ns), ms);
  out.moving = host.power == HostPower::awake ? host.moving : 0;
  const Ucores capacity = host.model.capacity.count * kUcoresPerMcore;
  out.migration_milliwatts = awake_power(host.model.power, host.used, capacity) -
                             awake_power(host.model.power, host.used - out.moving, capacity);
  look_at_vms(place, ms);
}

// Those that stay keep their order in the host's list and those that come stand at its end, so both
// lists are walked once. Only of one that came and went within the second nothing is seen.
void Recorder::look_at_vms(std::size_t place, std::int64_t ms) {
  const Host& host = world_.hosts()[place];
  HostSecond& out = second_.hosts[place];
  std::vector<Counter>& counters = counted_[place].vms;
  out.vms.clear();
  before_.swap(counters);
  counters.clear();
  auto before = before_.begin();
  const auto pass_one_that_left = [&] {
    const LeftBehind& left = world_.vms()[before->vm].left;
    if (left.host == place) look_at_vm(out, before->vm, left.cpu_ns - before->cpu_ns, ms);
    ++before;
  };
  for (const Domain& domain : host.domains) {
    while (before != before_.end() && before->vm != domain.vm)
      pass_one_that_left();
    const std::int64_t from = before == before_.end() ? 0 : (before++)->cpu_ns;
    counters.push_back({domain.vm, domain.cpu_ns});
    look_at_vm(out, domain.vm, domain.cpu_ns - from, ms);
  }
  while (before != before_.end())
    pass_one_that_left();
}

void Recorder::look_at_vm(HostSecond& out, std::size_t vm, std::int64_t cpu_ns, std::int64_t ms) {
  out.vms.push_back({vm, mean(cpu_ns, ms)});
  out.own -= out.vms.back().got;
}

void Recorder::sum_up() {
  second_.hosts_on = std::ranges::count_if(
      second_.hosts, [](const HostSecond& host) { return is_on(host.power); });
  second_.milliwatts =
      std::accumulate(second_.switches.begin(), second_.switches.end(), std::int64_t{0});
  for (const HostSecond& host : second_.hosts)
    second_.milliwatts += host.milliwatts;
  second_.sla = {};
  for (const Host& host : world_.hosts())
    second_.sla += host.sla;
  second_.wanted = 0;
  std::int64_t lost_ns = 0;
  for (const Vm& vm : world_.vms()) {
    second_.wanted += vm.wants;
    lost_ns += vm.lost_ns;
  }
  second_.lost_ns = lost_ns - std::exchange(lost_ns_, lost_ns);
  second_.migrations = static_cast<std::int64_t>(migrator_.under_way());
}

}  // namespace experiments
