// The samples of a simulated host's agent, and what may happen to them on the way.
#include <algorithm>
#include <utility>

#include "drivers/sim/sim_agent.h"

namespace drivers::sim {

using actors::Mcores;
using actors::ports::HostSample;
using actors::ports::VmLetter;
using actors::ports::VmSample;

namespace {

constexpr Duration kInterval{1'000};
constexpr Duration kPhase{
    7};  // between the samples of one host and the next, so they don't coincide
constexpr actors::Kib kHostUses{256LL * 1024};
constexpr std::int64_t kHostBreathes = 251;  // KiB: as no host's memory stays the same
constexpr std::int64_t kNsPerUs = 1'000;

// Nanoseconds within milliseconds, as thousandths of a core.
Mcores mcores(std::int64_t cpu_ns, std::int64_t dt_ms) {
  return {(cpu_ns / kNsPerUs + dt_ms / 2) / dt_ms};
}

actors::Kib breath(std::int64_t seq) {
  return {seq % kHostBreathes};
}

VmLetter letter(actors::ports::DomainState state) {
  using enum actors::ports::DomainState;
  const bool runs = state == running || state == running_migrated || state == running_postcopy;
  return runs ? VmLetter::running : VmLetter::paused;
}

}  // namespace

void SimAgent::begin_samples() {
  counted_.reset();
  counters_.clear();
  const int serial = ++samples_;
  const Duration phase = kPhase * static_cast<std::int64_t>(host_ % 100);
  shared_.loop.after(phase, [this, serial] { sample_again(serial); });
}

void SimAgent::sample_again(int serial) {
  if (serial != samples_) return;
  shared_.loop.after(kInterval, [this, serial] { sample_again(serial); });
  if (!silent()) send_sample();
}

Duration SimAgent::wall_clock() const {
  const HostId& name = model().plan.name;
  return shared_.wall + shared_.loop.now().time_since_epoch() +
         shared_.faults.by(FaultKind::clock_ahead, name) -
         shared_.faults.by(FaultKind::clock_back, name);
}

void SimAgent::send_sample() {
  const Host& host = shared_.world.counted(host_);
  const Instant now = shared_.loop.now();
  const std::int64_t spent = host.cpu_ns - std::exchange(host_cpu_ns_, host.cpu_ns);
  const auto before = std::exchange(counted_, now);
  const std::int64_t dt_ms = before ? (now - *before).count() : 1;
  std::vector<VmSample> vms = vm_samples(host, dt_ms);
  if (!before) return;
  HostSample sample{.host = model().plan.name,
                    .boot = boot_,
                    .seq = ++seq_,
                    .revision = revision_,
                    .t = boottime(),
                    .wall = wall_clock(),
                    .dt = Duration{dt_ms},
                    .use = {.cpu = mcores(spent, dt_ms), .memory = kHostUses + breath(seq_)},
                    .vms = std::move(vms)};
  for (const VmSample& vm : sample.vms)
    sample.use.memory = sample.use.memory + vm.use.memory;
  hand_over(std::move(sample));
}

void SimAgent::hand_over(HostSample sample) {
  spoil(sample);
  if (meets(FaultKind::samples_lost)) return;
  if (meets(FaultKind::samples_twice)) shared_.outlet.add(sample);
  const Duration late = shared_.faults.by(FaultKind::samples_late, model().plan.name);
  if (late == Duration{0}) return shared_.outlet.add(std::move(sample));
  shared_.loop.after(late, [this, sample = std::move(sample)] { shared_.outlet.add(sample); });
}

// What was measured is wrong; when it was measured is right.
void SimAgent::spoil(HostSample& sample) {
  if (!meets(FaultKind::samples_frozen)) {
    frozen_.reset();
  } else if (frozen_) {
    sample.use = frozen_->use;
    sample.vms = frozen_->vms;
  } else {
    frozen_ = sample;
  }
  if (!meets(FaultKind::samples_zero)) return;
  sample.use = {};
  for (VmSample& vm : sample.vms)
    vm.use = {};
}

// A VM is left out of the second in which it was first seen, as the real agent does.
std::vector<VmSample> SimAgent::vm_samples(const Host& host, std::int64_t dt_ms) {
  std::vector<VmSample> out;
  out.reserve(host.domains.size());
  before_.swap(counters_);
  counters_.clear();
  for (const Domain& domain : host.domains) {
    const Counter* before = counter_before(domain.vm, counters_.size());
    counters_.push_back({domain.vm, domain.cpu_ns});
    if (!before || before->cpu_ns > domain.cpu_ns) continue;
    const Vm& vm = shared_.world.vms()[domain.vm];
    out.push_back(
        {vm.id,
         {.cpu = mcores(domain.cpu_ns - before->cpu_ns, dt_ms), .memory = vm.model.memory},
         static_cast<std::int32_t>(vm.model.vcpus),
         letter(domain.state)});
  }
  std::ranges::sort(out, {}, &VmSample::vm);  // as they stand in `stats`
  return out;
}

// At the same place as a second ago, unless a domain before it has gone.
const SimAgent::Counter* SimAgent::counter_before(std::size_t vm, std::size_t place) const {
  if (place < before_.size() && before_[place].vm == vm) return &before_[place];
  const auto found = std::ranges::find(before_, vm, &Counter::vm);
  return found == before_.end() ? nullptr : &*found;
}

}  // namespace drivers::sim
