// Runs a journal again: fresh actors get each turn's inputs at its time, and what they say is held
// against what the journal has. Source: DESIGN.md §5, §8 (invariant 6).
#pragma once

#include "actors/controller/journal.h"

namespace actors {

/// The first place where the replay and the journal part.
struct Difference {
  std::int64_t turn = 0;
  std::string what;  ///< which of changes, effects, state, and how far they agree
  std::string journal, replay;
};

class Replay {
 public:
  /// Entries in the order of their turns; samples of `stats` inputs filled in. Returns the first
  /// difference; after one, nothing more is compared. An entry before the first one with a state is
  /// passed over. Errors: malformed (a state that does not parse).
  reactor::Result<std::optional<Difference>> feed(const JournalEntry& entry);

  std::int64_t turns() const { return turns_; }    ///< run so far, idle ones included
  std::int64_t states() const { return states_; }  ///< states that were compared

 private:
  std::optional<Difference> run_idle(const JournalEntry& entry);
  std::optional<Difference> run(const JournalEntry& entry);
  std::optional<Difference> compare_state(const JournalEntry& entry);

  std::unique_ptr<Director> director_;
  std::int64_t turns_ = 0, states_ = 0, last_turn_ = 0;
};

}  // namespace actors
