#include "drivers/sim/sla.h"

namespace drivers::sim {

namespace {

std::optional<double> percent(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void SlaSums::add(const HostStretch& host) {
  awake_ms_ += host.lasted.count();
  if (host.given < host.asked) short_ms_ += host.lasted.count();
}

void SlaSums::add(const VmStretch& vm) {
  asked_ += vm.asked;
  if (vm.migrating) lacked_migrating_ += vm.asked - vm.given;
}

std::optional<double> SlaSums::slatah_pct() const {
  return percent(short_ms_, awake_ms_);
}

std::optional<double> SlaSums::pdm_pct() const {
  return percent(lacked_migrating_, asked_);
}

std::optional<double> SlaSums::slav() const {
  const auto hosts = slatah_pct(), vms = pdm_pct();
  if (!hosts || !vms) return std::nullopt;
  return *hosts / 100 * (*vms / 100);
}

}  // namespace drivers::sim
