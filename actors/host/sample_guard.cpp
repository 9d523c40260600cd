#include "actors/host/sample_guard.h"

#include <algorithm>

#include "reactor/fingerprint.h"

namespace actors {

using reactor::Instant;
using enum ReasonCode;

namespace {

constexpr std::int64_t kMostMissed = 1'000'000;  // samples; no product of it overflows

/// Equal samples have equal figures.
std::int64_t figures_of(const ports::HostSample& sample) {
  reactor::Fingerprint sum;
  const auto add = [&](const ports::Use& use) {
    for (const std::int64_t value :
         {use.cpu.count, use.memory.count, use.rx, use.tx, use.rd, use.wr})
      sum.add(value);
  };
  add(sample.use);
  for (const ports::VmSample& vm : sample.vms)
    add(vm.use);
  return static_cast<std::int64_t>(sum.value() % std::uint64_t{kMostAmount});
}

/// Samples from one to the other, by their numbers.
template <class Mark>
std::int64_t missed(const Mark& from, const Mark& to) {
  return std::min(to.seq - from.seq, kMostMissed);
}

std::int64_t most_cpu(const ports::HostSample& sample) {
  std::int64_t most = sample.use.cpu.count;
  for (const ports::VmSample& vm : sample.vms)
    most = std::max(most, vm.use.cpu.count);
  return most;
}

}  // namespace

SampleGuard::Verdict SampleGuard::judge(Instant now, const ports::HostSample& sample,
                                        std::optional<std::int64_t> cores,
                                        const GuardSettings& settings) {
  const Mark mark{sample.seq, sample.t, sample.dt};
  const bool first = sample.boot != boot_;
  if (first) *this = {};
  if (!first && mark.seq <= last_.seq && mark.t <= last_.t) return Verdict::old;
  const auto figures = figure_fault(sample, cores, settings);
  const auto clock = first ? std::nullopt : clock_fault(now, mark, settings);
  // One with wrong figures makes no new place: it enters no window, so none would begin anew.
  const bool anew = clock && !figures && goes_on_elsewhere(mark, settings);
  wrong_ = clock && !anew ? clock : figures;
  if (clock && !anew) return Verdict::wrong;
  boot_ = sample.boot;
  last_ = mark;
  read_at_ = now;
  steady_ = 0;
  if (wrong_) return Verdict::wrong;
  return anew ? Verdict::anew : Verdict::good;
}

// An agent that was started anew counts from 1: what it missed is not known, so not judged.
std::optional<Reason> SampleGuard::clock_fault(Instant now, const Mark& mark,
                                               const GuardSettings& settings) const {
  if (mark.seq <= last_.seq) return std::nullopt;
  if (mark.t <= last_.t) return Reason{.code = clock_back, .values = {(last_.t - mark.t).count()}};
  const Duration advanced = mark.t - last_.t;
  const Duration ahead = advanced - (now - read_at_);
  const Duration explained = last_.dt * missed(last_, mark) + settings.clock_slack;
  if (ahead <= settings.clock_slack || advanced <= explained) return std::nullopt;
  return Reason{.code = clock_ahead, .values = {ahead.count()}};
}

bool SampleGuard::goes_on_elsewhere(const Mark& mark, const GuardSettings& settings) {
  const bool follows =
      steady_ > 0 && mark.seq > elsewhere_.seq && mark.t > elsewhere_.t &&
      mark.t - elsewhere_.t <= mark.dt * missed(elsewhere_, mark) + settings.clock_slack;
  steady_ = follows ? steady_ + 1 : 1;
  elsewhere_ = mark;
  return steady_ >= settings.steady_samples;
}

std::optional<Reason> SampleGuard::figure_fault(const ports::HostSample& sample,
                                                std::optional<std::int64_t> cores,
                                                const GuardSettings& settings) {
  const std::int64_t figures = figures_of(sample);
  const bool same = same_ > 0 && figures == figures_;
  same_ = same ? std::min(same_ + 1, std::max(settings.frozen_samples, std::int64_t{1})) : 1;
  figures_ = figures;
  const std::int64_t cpu = most_cpu(sample);
  if (sample.use.cpu.count == 0 && sample.use.memory.count == 0)
    return Reason{.code = samples_zero};
  if (cores && cpu > *cores * 10 * settings.cpu_most_pct)
    return Reason{.code = samples_too_much, .values = {cpu, *cores}};
  if (settings.frozen_samples > 0 && same_ >= settings.frozen_samples && cpu > 0)
    return Reason{.code = samples_frozen, .values = {same_}};
  return std::nullopt;
}

}  // namespace actors
