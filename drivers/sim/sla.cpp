#include "drivers/sim/sla.h"

#include <cmath>

namespace drivers::sim {

namespace {

constexpr double kPercent = 100, kMillion = 1e6;

// To the millionth: a good day's PDM is less than a thousandth of a percent.
std::optional<double> percent(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  return std::round(share * kPercent * kMillion) / kMillion;
}

}  // namespace

Sla& Sla::operator+=(const Sla& other) {
  awake += other.awake;
  lacking += other.lacking;
  asked_ns += other.asked_ns;
  lacked_migrating_ns += other.lacked_migrating_ns;
  return *this;
}

std::optional<double> Sla::slatah_pct() const {
  return percent(lacking.count(), awake.count());
}

std::optional<double> Sla::pdm_pct() const {
  return percent(lacked_migrating_ns, asked_ns);
}

}  // namespace drivers::sim
