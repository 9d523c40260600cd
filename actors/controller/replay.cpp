#include "actors/controller/replay.h"

#include <algorithm>

#include "actors/ports/json_text.h"

namespace actors {

namespace {

template <class T>
std::optional<Difference> compare(std::int64_t turn, const char* what,
                                  const std::vector<T>& journal, const std::vector<T>& replay) {
  const std::size_t most = std::max(journal.size(), replay.size());
  for (std::size_t i = 0; i < most; ++i) {
    const std::string there = i < journal.size() ? json_text(journal[i]) : "nothing";
    const std::string here = i < replay.size() ? json_text(replay[i]) : "nothing";
    if (there != here)
      return Difference{turn, std::string{what} + " " + std::to_string(i + 1), there, here};
  }
  return std::nullopt;
}

}  // namespace

reactor::Result<std::optional<Difference>> Replay::feed(const JournalEntry& entry) {
  const bool begins = entry.kind == EntryKind::start || entry.kind == EntryKind::gap;
  if (!director_ || begins) return begin(entry);
  // Twice, where the answer to its first writing got lost.
  const bool known = entry.turn == last_turn_ && entry.kind == EntryKind::turn;
  if (entry.turn < last_turn_ || known) return std::optional<Difference>{};
  if (!lacks_something(entry)) return follow(entry);
  ++holes_;
  director_.reset();
  return begin(entry);
}

reactor::Result<std::optional<Difference>> Replay::begin(const JournalEntry& entry) {
  if (!entry.state) {
    if (holes_ > 0) ++passed_over_;
    return std::optional<Difference>{};
  }
  auto restored = Director::restore(*entry.state);
  if (!restored.ok()) return restored.error();
  director_ = std::move(restored).value();
  last_turn_ = entry.turn;
  return std::optional<Difference>{};
}

std::optional<Difference> Replay::follow(const JournalEntry& entry) {
  if (auto different = run_idle(entry)) return different;
  last_turn_ = entry.turn;
  return entry.kind == EntryKind::turn ? run(entry) : compare_state(entry);
}

// Turns are counted, idle ones too.
bool Replay::lacks_something(const JournalEntry& entry) const {
  const std::int64_t own = entry.kind == EntryKind::turn ? 1 : 0;
  const auto idle = static_cast<std::int64_t>(entry.idle.size());
  if (entry.turn != last_turn_ + idle + own) return true;
  return std::ranges::any_of(entry.inputs, [](const Input& input) {
    const auto* stats = std::get_if<input::Stats>(&input);
    return stats && stats->count && *stats->count != std::ssize(stats->samples);
  });
}

std::optional<Difference> Replay::run_idle(const JournalEntry& entry) {
  for (const reactor::Instant t : entry.idle) {
    ++turns_;
    const Turn turn = director_->turn(t, {input::Ticked{}});
    if (turn.changes.empty() && turn.effects.empty()) continue;
    return Difference{entry.turn, "an idle tick", "nothing",
                      json_text(turn.changes) + json_text(turn.effects)};
  }
  return std::nullopt;
}

std::optional<Difference> Replay::run(const JournalEntry& entry) {
  ++turns_;
  const Turn turn = director_->turn(entry.t, entry.inputs);
  if (auto different = compare(entry.turn, "change", entry.changes, turn.changes)) return different;
  return compare(entry.turn, "effect", entry.effects, turn.effects);
}

std::optional<Difference> Replay::compare_state(const JournalEntry& entry) {
  ++states_;
  const std::string there = entry.state.value_or("");
  const std::string here = director_->snapshot();
  if (there == here) return std::nullopt;
  return Difference{entry.turn, "state", there, here};
}

}  // namespace actors
