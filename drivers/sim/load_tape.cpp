#include "drivers/sim/load_tape.h"

#include <utility>

namespace drivers::sim {

namespace {

constexpr std::int64_t kPerMillePerPct = 10;

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

}  // namespace drivers::sim
