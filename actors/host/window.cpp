#include "actors/host/window.h"

#include <algorithm>

namespace actors {

void Window::add(reactor::Duration t, reactor::Duration dt, Mcores cpu, reactor::Duration span) {
  const auto first_kept =
      std::ranges::find_if(slots_, [&](const Slot& s) { return s.t > t - span; });
  for (auto old = slots_.begin(); old != first_kept; ++old) {
    covered_ms_ -= old->dt.count();
    mcore_ms_ -= old->cpu.count * old->dt.count();
  }
  slots_.erase(slots_.begin(), first_kept);
  slots_.push_back({t, dt, cpu});
  covered_ms_ += dt.count();
  mcore_ms_ += cpu.count * dt.count();
}

std::optional<Mcores> Window::average(reactor::Duration span, std::int64_t cover_pct) const {
  if (covered_ms_ <= 0 || covered_ms_ * 100 < span.count() * cover_pct) return std::nullopt;
  return Mcores{mcore_ms_ / covered_ms_};
}

Mcores Window::share_of(reactor::Duration time) const {
  const std::int64_t spread = std::max(time.count(), covered_ms_);
  return Mcores{spread <= 0 ? 0 : mcore_ms_ / spread};
}

}  // namespace actors
