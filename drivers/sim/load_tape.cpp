#include "drivers/sim/load_tape.h"

#include <algorithm>

namespace drivers::sim {

namespace {

constexpr std::int64_t kPerMillePerPct = 10;
constexpr std::int64_t kPerMille = 1'000;

}  // namespace

std::optional<LoadStep> LoadTape::next(const LoadModel& model) {
  return std::visit([this](const auto& known) { return next(known); }, model);
}

std::optional<LoadStep> LoadTape::next(const std::vector<LoadStep>& steps) {
  if (place_ == steps.size()) return std::nullopt;
  return steps[place_++];
}

std::optional<LoadStep> LoadTape::next(const LoadModes& modes) {
  const bool active = random_.chance(modes.active_pct * kPerMillePerPct);
  const Ucores cpu = active ? random_.between(modes.active_from, modes.active_to)
                            : random_.between(modes.idle_from, modes.idle_to);
  const Duration begins = at_;
  at_ += random_.between(modes.lasts_from, modes.lasts_to);
  return LoadStep{begins, cpu};
}

// Equal ones in a row are one.
std::optional<LoadStep> LoadTape::next(const LoadTrace& trace) {
  const auto& values = trace.per_mille;
  while (place_ > 0 && place_ < values.size() && values[place_] == values[place_ - 1])
    ++place_;
  if (place_ == values.size()) return std::nullopt;
  const Ucores cpu = std::min(trace.full * values[place_] / kPerMille, trace.full);
  return LoadStep{trace.every * static_cast<std::int64_t>(place_++), cpu};
}

}  // namespace drivers::sim
