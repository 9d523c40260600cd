#include "actors/director/kept_moves.h"

#include <algorithm>

namespace actors {

using ports::KeptMove;
using ports::KeptStage;

// Whoever led meanwhile may have seen to them; what was said to be lost stays said.
void KeptMoves::take(const input::MovesRead& event) {
  if (event.failure) return;  // asked again with the next lease
  std::erase_if(pool_.kept, [](const auto& kept) { return !is_over(kept.second.move.stage); });
  for (const KeptMove& move : event.moves)
    keep(move);
}

// One that was lost while nothing could be written is marked now.
void KeptMoves::keep(const KeptMove& move) {
  if (pool_.migration_of(move.vm)) return;
  const auto [entry, fresh] = pool_.kept.try_emplace(move.vm, Kept{move});
  if (fresh || is_over(move.stage) || pool_.settings.dry_run) return;
  stage_.ask(effect::MarkDefinition{{{}, entry->second.move}});
}

void KeptMoves::settle() {
  const std::map<VmId, Kept> all = pool_.kept;
  for (const auto& [vm, kept] : all) {
    if (pool_.migration_of(vm)) {
      pool_.kept.erase(vm);
    } else if (is_whole(vm)) {
      drop(vm);
    } else if (!is_over(kept.move.stage) && hosts_seen(kept.move)) {
      follow(pool_.kept.at(vm));
    }
  }
}

bool KeptMoves::is_whole(const VmId& vm) const {
  return pool_.vms.contains(vm) && !passes(pool_, vm);
}

void KeptMoves::drop(const VmId& vm) {
  pool_.kept.erase(vm);
  if (!pool_.settings.dry_run) stage_.ask(effect::DropDefinition{vm});
}

// Where a part of it shows it is whole nowhere else; else it may be on any host.
bool KeptMoves::hosts_seen(const KeptMove& move) const {
  const auto met = [&](const HostId& id) {
    const auto host = pool_.hosts.find(id);
    return host == pool_.hosts.end() || host->second.met;
  };
  if (passes(pool_, move.vm) && met(move.source) && met(move.target)) return true;
  return guard_.surveyed() ||
         std::ranges::all_of(pool_.hosts, [](const auto& host) { return host.second.met; });
}

void KeptMoves::follow(Kept& kept) {
  const KeptMove move = kept.move;
  if (!pool_.find(move.source) || !pool_.find(move.target)) return tell_not_named(kept);
  const bool clearing = move.stage == KeptStage::clearing;
  sightings_.adopt(move, clearing                 ? Found::clearing
                         : passes(pool_, move.vm) ? Found::under_way
                                                  : Found::nowhere);
}

void KeptMoves::tell_not_named(Kept& kept) {
  if (std::exchange(kept.told, true)) return;
  const KeptMove& move = kept.move;
  const std::string state{name_of(VmState::unknown)};
  stage_.say(
      {ActorKind::vm,
       move.vm.text(),
       move.name,
       state,
       state,
       {.code = ReasonCode::ends_not_named, .about = move.source.text, .detail = move.target.text},
       {},
       move.source.text});
}

}  // namespace actors
