// The journal that a run left, run again: from its beginning and from each snapshot in it.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "actors/controller/replay.h"
#include "drivers/sim/sim_stream.h"

namespace tests {

/// As a reader of Redis finds them: the entries of each start of a controller, by turn, samples
/// filled in from `stats`.
inline std::vector<std::vector<actors::JournalEntry>> starts_of(
    const drivers::sim::SimStream& stream) {
  std::map<std::string, std::vector<actors::JournalEntry>> by_run;
  for (const auto& [id, fields] : stream.journal()) {
    auto entry = actors::read_entry(fields);
    REQUIRE(entry.ok());
    for (actors::Input& input : by_run[entry.value().run].emplace_back(entry.value()).inputs)
      if (auto* stats = std::get_if<actors::input::Stats>(&input))
        stats->samples = stream.samples(stats->first, stats->last);
  }
  std::vector<std::vector<actors::JournalEntry>> out;
  for (auto& [run, entries] : by_run) {
    std::ranges::stable_sort(entries, {}, &actors::JournalEntry::turn);
    out.push_back(std::move(entries));
  }
  return out;
}

inline std::int64_t replay(const std::vector<actors::JournalEntry>& entries, std::size_t first) {
  actors::Replay replay;
  for (std::size_t i = first; i < entries.size(); ++i) {
    const auto fed = replay.feed(entries[i]);
    REQUIRE(fed.ok());
    if (!fed.value()) continue;
    const actors::Difference& different = *fed.value();
    FAIL("replay from entry " << first << ": turn " << different.turn << ": " << different.what
                              << "\njournal: " << different.journal
                              << "\nreplay:  " << different.replay);
  }
  return replay.turns();
}

inline void replay_everything(const drivers::sim::SimStream& stream) {
  std::int64_t turns = 0;
  int snapshots = 0;
  for (const std::vector<actors::JournalEntry>& entries : starts_of(stream)) {
    turns += replay(entries, 0);
    for (std::size_t i = 0; i + 1 < entries.size(); ++i) {
      if (entries[i].kind != actors::EntryKind::snapshot) continue;
      ++snapshots;
      CHECK(replay(entries, i) > 0);
    }
  }
  CHECK(turns > 0);
  CHECK(snapshots > 0);
}

}  // namespace tests
