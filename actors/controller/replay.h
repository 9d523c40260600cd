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
  /// passed over; so are all from one that lacks something to the next with a state, as a Redis
  /// that is killed may lose the last of what it has taken. Errors: malformed (a state that does
  /// not parse).
  reactor::Result<std::optional<Difference>> feed(const JournalEntry& entry);

  std::int64_t turns() const { return turns_; }    ///< run so far, idle ones included
  std::int64_t states() const { return states_; }  ///< states that were compared
  std::int64_t holes() const { return holes_; }    ///< places where entries or samples are gone
  std::int64_t passed_over() const { return passed_over_; }  ///< entries of turns, in holes

 private:
  reactor::Result<std::optional<Difference>> begin(const JournalEntry& entry);
  std::optional<Difference> follow(const JournalEntry& entry);
  std::optional<Difference> run_idle(const JournalEntry& entry);
  std::optional<Difference> run(const JournalEntry& entry);
  std::optional<Difference> compare_state(const JournalEntry& entry);

  std::unique_ptr<Director> director_;
  bool lacks_something(const JournalEntry& entry) const;

  std::int64_t turns_ = 0, states_ = 0, last_turn_ = 0, holes_ = 0, passed_over_ = 0;
};

}  // namespace actors
