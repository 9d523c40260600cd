// The journal: every turn's inputs, changes and effects, so that a run can be read, and run again.
//
// Pure: makes entries and reads them back; a Stream keeps them. Turns in which only a tick fired
// and nothing came of it get no entry of their own: the next entry lists their times. Every turn
// has a number; entries of one run may be sorted by it. Source: DESIGN.md §5.
#pragma once

#include "actors/director/director.h"

namespace actors {

enum class EntryKind {
  start,     ///< of a controller: version, settings and all else in the snapshot
  turn,      ///< inputs, changes, effects
  snapshot,  ///< every `snapshot_every`; a replay may begin here
  gap        ///< turns were lost for the journal; a replay begins anew here
};
constexpr auto names(EntryKind) {
  return std::array{"start"sv, "turn"sv, "snapshot"sv, "gap"sv};
}

struct JournalEntry {
  EntryKind kind = EntryKind::turn;
  std::string run;        ///< which start of a controller: its wall time in ms
  std::int64_t turn = 0;  ///< the last one that this entry covers
  reactor::Instant t{};   ///< of that turn
  Duration wall{};
  std::vector<reactor::Instant> idle{};  ///< turns before it: a tick each, and nothing came of it
  std::vector<Input> inputs{};
  std::vector<Change> changes{};
  std::vector<Effect> effects{};
  std::string version{};  ///< of start
  std::optional<std::string>
      state{};  ///< of start, snapshot, gap: Director::snapshot() after `turn`
};

ports::JournalFields to_fields(const JournalEntry& entry);
/// Errors: malformed, naming the field.
reactor::Result<JournalEntry> read_entry(const ports::JournalFields& fields);

/// Counts turns and decides what gets an entry.
class Journal {
 public:
  Journal(std::string run, std::string version)
      : run_(std::move(run)), version_(std::move(version)) {}

  /// An entry that holds the director as it is now: `start` before the first turn.
  JournalEntry state(EntryKind kind, reactor::Instant now, Duration wall, const Director& director);

  /// None: an idle tick, kept for the next entry.
  std::optional<JournalEntry> turn(reactor::Instant now, Duration wall, std::vector<Input> inputs,
                                   const Turn& turn);

 private:
  JournalEntry blank(EntryKind kind, reactor::Instant now, Duration wall);

  std::string run_, version_;
  std::int64_t turn_ = 0;
  std::vector<reactor::Instant> idle_;
};

/// One line of tail: the change and when it was, as one JSON object without a line end.
std::string tail_line(const JournalEntry& entry, const Change& change);

}  // namespace actors
