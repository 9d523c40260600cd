#include "drivers/agent/sampler.h"

#include <algorithm>
#include <utility>

#include "reactor/invariant.h"

namespace drivers::agent {

namespace {

using actors::ports::HostSample;
using actors::ports::Use;
using actors::ports::VmSample;
using Span = reactor::Duration;

/// A microsecond a millisecond is a thousandth of a core.
actors::Mcores mcores(std::int64_t cpu_us, Span dt) {
  const std::int64_t ms = dt.count();
  INVARIANT(ms > 0);
  return {cpu_us / ms};
}

// Counters of an interface or disk that was plugged out take theirs along: no traffic, not less.
std::int64_t growth(std::int64_t before, std::int64_t now) {
  return std::max<std::int64_t>(now - before, 0);
}

Traffic between(const std::optional<Traffic>& before, const std::optional<Traffic>& now) {
  if (!before || !now) return {};
  return {growth(before->in, now->in), growth(before->out, now->out)};
}

void add_traffic(Use& use, const auto& before, const auto& now) {
  const Traffic network = between(before.network, now.network);
  const Traffic disk = between(before.disk, now.disk);
  use.rx = network.in;
  use.tx = network.out;
  use.rd = disk.in;
  use.wr = disk.out;
}

// What libvirt left out this time is as it was: its next answer is compared with the last one.
DomainCounters completed(DomainCounters now, const DomainCounters& before) {
  if (!now.network) now.network = before.network;
  if (!now.disk) now.disk = before.disk;
  if (now.memory.count == 0) now.memory = before.memory;
  return now;
}

Use used(const HostCounters& before, const HostCounters& now, Span dt) {
  Use use;
  use.cpu = mcores(growth(before.cpu_us, now.cpu_us), dt);
  use.memory = now.memory;
  add_traffic(use, before, now);
  return use;
}

std::optional<std::int64_t> spent(const std::optional<ProcessCpu>& before,
                                  const std::optional<ProcessCpu>& now) {
  if (!before || !now || before->started != now->started) return std::nullopt;
  return growth(before->cpu_us, now->cpu_us);
}

std::optional<ProcessCpu> find(const Reading& reading, const actors::VmId& vm) {
  const auto found = reading.processes.find(vm);
  return found == reading.processes.end() ? std::nullopt : std::optional{found->second};
}

VmSample sample_of(const DomainCounters& now, std::int64_t cpu_us, Span dt) {
  VmSample sample;
  sample.vm = now.vm;
  sample.vcpus = std::max(now.vcpus, 1);
  sample.state = now.state;
  sample.use.cpu = mcores(cpu_us, dt);
  sample.use.memory = now.memory;
  return sample;
}

}  // namespace

std::optional<HostSample> Sampler::take(const Reading& reading) {
  HostSample sample;
  if (reading.domains)
    see(reading, sample.vms);
  else
    see_late(reading, sample.vms);
  const auto before = std::exchange(last_, Reading{reading.t, reading.wall, reading.host, {}, {}});
  if (!before || reading.t <= before->t) return std::nullopt;
  sample.seq = ++seq_;
  sample.t = reading.t;
  sample.wall = reading.wall;
  sample.dt = reading.t - before->t;
  sample.use = used(before->host, reading.host, sample.dt);
  return sample;
}

void Sampler::forget() {
  last_.reset();
  known_.clear();
}

// libvirt's own figure if it has one for both ends of this second, else the process's.
std::optional<std::int64_t> Sampler::spent(const Known& was, const DomainCounters& now,
                                           const std::optional<ProcessCpu>& process) {
  if (!was.fresh || !was.counters.cpu_us || !now.cpu_us) return agent::spent(was.process, process);
  const std::int64_t cpu_us = *now.cpu_us - *was.counters.cpu_us;
  return cpu_us < 0 ? std::nullopt : std::optional{cpu_us};
}

void Sampler::see(const Reading& reading, std::vector<VmSample>& samples) {
  const Span dt = last_ ? reading.t - last_->t : Span{0};
  std::map<actors::VmId, Known> known;
  for (const DomainCounters& counters : *reading.domains) {
    const auto before = known_.find(counters.vm);
    const bool seen = before != known_.end();
    const DomainCounters now = seen ? completed(counters, before->second.counters) : counters;
    const auto process = find(reading, now.vm);
    known.emplace(now.vm, Known{now, true, process});
    if (!seen || dt <= Span{0}) continue;
    const Known& was = before->second;
    const auto cpu_us = spent(was, now, process);
    if (cpu_us)
      add_traffic(samples.emplace_back(sample_of(now, *cpu_us, dt)).use, was.counters, now);
  }
  known_ = std::move(known);
}

void Sampler::see_late(const Reading& reading, std::vector<VmSample>& samples) {
  const Span dt = last_ ? reading.t - last_->t : Span{0};
  for (auto& [vm, known] : known_) {
    const auto process = find(reading, vm);
    const auto cpu_us = agent::spent(std::exchange(known.process, process), process);
    known.fresh = false;
    if (cpu_us && dt > Span{0}) samples.push_back(sample_of(known.counters, *cpu_us, dt));
  }
}

}  // namespace drivers::agent
