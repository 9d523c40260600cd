#include "actors/host/host_load.h"

#include <algorithm>

namespace actors {

using reactor::Duration;
using reactor::Instant;

namespace {

// Clocks of two machines drift apart: so much more delay per time is taken for drift (200 ppm).
constexpr Duration kDriftStep{5'000};

Duration drift(Duration from, Duration to) {
  return Duration{to / kDriftStep - from / kDriftStep};
}

}  // namespace

bool HostLoad::take(Instant now, const ports::HostSample& sample, const Settings& settings) {
  if (sample.boot != boot_) *this = {};
  boot_ = sample.boot;
  if (offset_ && sample.t <= t_) return false;
  const Duration delay = now.time_since_epoch() - sample.t;
  offset_ = offset_ ? std::min(*offset_ + drift(t_, sample.t), delay) : delay;
  t_ = sample.t;
  revision_ = sample.revision;
  latest_ = sample.use.cpu;
  window_.add(sample.t, sample.dt, sample.use.cpu, settings.window);
  take_vms(sample, settings);
  return true;
}

// A VM that left keeps no window: one that comes back begins anew.
void HostLoad::take_vms(const ports::HostSample& sample, const Settings& settings) {
  for (std::size_t i = 0; i < sample.vms.size(); ++i) {
    VmLoad& load = slot(i, sample.vms[i].vm);
    load.latest = sample.vms[i].use.cpu;
    load.window.add(sample.t, sample.dt, load.latest, settings.window);
  }
  vms_.resize(sample.vms.size());
}

HostLoad::VmLoad& HostLoad::slot(std::size_t expected, const VmId& vm) {
  if (expected < vms_.size() && vms_[expected].vm == vm) return vms_[expected];
  const auto from = vms_.begin() + static_cast<std::ptrdiff_t>(std::min(expected, vms_.size()));
  auto found = std::ranges::find(from, vms_.end(), vm, &VmLoad::vm);
  if (found == vms_.end()) found = vms_.insert(from, VmLoad{vm, {}, {}});
  std::rotate(vms_.begin() + static_cast<std::ptrdiff_t>(expected), found, found + 1);
  return vms_[expected];
}

std::optional<Instant> HostLoad::sampled_at() const {
  if (!offset_) return std::nullopt;
  return Instant{t_ + *offset_};
}

std::optional<Mcores> HostLoad::average(const Settings& settings) const {
  return window_.average(settings.window, settings.window_cover_pct);
}

std::optional<Mcores> HostLoad::average(const VmId& vm, const Settings& settings) const {
  const VmLoad* load = find(vm);
  if (!load) return std::nullopt;
  return load->window.average(settings.window, settings.window_cover_pct);
}

HostLoad::Share HostLoad::share(const VmId& vm, const Settings& settings) const {
  const VmLoad* load = find(vm);
  if (!load) return {};
  const bool known = average(settings) && average(vm, settings);
  return {load->window.share_of(window_.covered()),
          known && load->window.covered() >= window_.covered()};
}

Mcores HostLoad::latest(const VmId& vm) const {
  const VmLoad* load = find(vm);
  return load ? load->latest : Mcores{};
}

void HostLoad::restart(const VmId& vm) {
  const auto found = std::ranges::find(vms_, vm, &VmLoad::vm);
  if (found != vms_.end()) found->window.restart();
}

const HostLoad::VmLoad* HostLoad::find(const VmId& vm) const {
  const auto found = std::ranges::find(vms_, vm, &VmLoad::vm);
  return found == vms_.end() ? nullptr : &*found;
}

}  // namespace actors
