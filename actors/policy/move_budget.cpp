#include "actors/policy/move_budget.h"

namespace actors {

using reactor::Instant;

namespace {

constexpr Duration kHour{3'600'000};

}  // namespace

void MoveBudget::begun(Instant now, const FlappingSettings& settings) {
  if (settings.moves_per_hour > 0) moves_.push_back(now);
}

// Decided ones are counted too: what waits for a host, a ticket or its turn will be begun.
std::optional<Reason> MoveBudget::spent(Instant now, const Pool& pool) {
  const std::int64_t limit = pool.settings.flapping.moves_per_hour;
  std::erase_if(moves_, [&](Instant begun) { return limit == 0 || now - begun >= kHour; });
  const std::size_t all = moves_.size() + pool.waiting().size() + pool.at_desks();
  if (limit == 0 || all < static_cast<std::size_t>(limit)) return std::nullopt;
  Reason out{.code = ReasonCode::budget_spent, .values = {limit}};
  if (!moves_.empty()) out.clears_at = moves_.front() + kHour;
  return out;
}

}  // namespace actors
