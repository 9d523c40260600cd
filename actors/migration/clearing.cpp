#include "actors/migration/clearing.h"

#include <utility>

namespace actors {

using ports::DomainState;

namespace {

bool in_part(DomainState state) {
  return !is_gone(state) && !runs_here(state);
}

}  // namespace

std::vector<ClearingStep> Clearing::looked(DomainState source, DomainState target) {
  using enum ClearingStep;
  if (!marked_) return {mark};
  if (++tries_ > kTries) return {give_up};
  counts_ = true;
  const bool comes_up = started_ && source == DomainState::paused_migrating;
  std::vector<ClearingStep> steps;
  if (in_part(source) && !comes_up) steps.push_back(destroy_at_source);
  if (in_part(target)) steps.push_back(destroy_at_target);
  if (is_gone(source) && is_gone(target)) {
    started_ = true;
    steps.push_back(start_at_source);
  }
  return steps;
}

void Clearing::not_ordered() {
  if (std::exchange(counts_, false)) --tries_;
}

}  // namespace actors
