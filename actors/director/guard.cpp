// What holds the whole pool, or keeps single moves back: too few hosts that speak, and the budget
// of moves; and who is told of trouble.
#include <algorithm>
#include <utility>

#include "actors/director/director.h"

namespace actors {

using enum ReasonCode;

namespace {

constexpr std::int64_t kLeastSilent = 2;  // one host that is silent is that host's matter
constexpr Duration kHour{3'600'000};

}  // namespace

std::string Director::pool_state() const {
  if (blind_) return "blind";
  return held_ ? "held" : "leading";
}

// Of those that should speak, and did since we started: one that sleeps is not missed, and at a
// start all are silent. Counted only when some host's state changed; after a blind time they first
// have the time that any host has to be heard.
void Director::weigh_silence() {
  const bool early = now_ - leads_since_ < pool_.settings.power.silent_after;
  if (blind_ || early || !std::exchange(recount_, false)) return;
  std::int64_t silent = 0, all = 0;
  for (const auto& [id, host] : pool_.hosts) {
    const bool missed = host.actor.state() == HostState::silent && host.actor.heard_once();
    silent += missed ? 1 : 0;
    all += missed || host.actor.state() == HostState::awake ? 1 : 0;
  }
  const std::int64_t limit = pool_.settings.guard.silent_share_pct;
  const bool hold = silent >= kLeastSilent && silent * 100 > limit * all;
  if (hold == held_.has_value()) return;
  const std::string from = pool_state();
  const Reason why{.code = hold ? hosts_silent : hosts_speak, .values = {silent, all, limit}};
  held_ = hold ? std::optional{why} : std::nullopt;
  say_pool(from, pool_state(), why);
  touch_all();
}

// Decided ones are counted too: what waits for a host, a ticket or its turn will be begun.
std::optional<Reason> Director::budget_spent() {
  const std::int64_t limit = pool_.settings.flapping.moves_per_hour;
  std::erase_if(moves_,
                [&](reactor::Instant begun) { return limit == 0 || now_ - begun >= kHour; });
  const std::size_t all = moves_.size() + pool_.waiting().size() + pool_.at_desks();
  if (limit == 0 || all < static_cast<std::size_t>(limit)) return std::nullopt;
  Reason out{.code = ReasonCode::budget_spent, .values = {limit}};
  if (!moves_.empty()) out.clears_at = moves_.front() + kHour;
  return out;
}

void Director::tell_people() {
  for (Alert& alert : alerts_.on(now_, pool_.settings.alerts, out_.changes))
    out_.effects.emplace_back(effect::SendAlert{std::move(alert)});
}

}  // namespace actors
