#include "actors/controller/replay.h"

#include <doctest/doctest.h>

#include "tests/actors/pools.h"

using namespace actors;
using namespace std::chrono_literals;

namespace {

/// A minute of a pool, with a state each 20 s.
std::vector<JournalEntry> journal_of_a_minute() {
  World world{pool_of(1, 1)};
  world.add("a", "wh1", 80);
  world.run(60s);
  std::vector<JournalEntry> out;
  for (const auto& fields : world.witness.journal())
    out.push_back(world.witness.with_samples(read_entry(fields).value()));
  return out;
}

Replay replayed(const std::vector<JournalEntry>& entries) {
  Replay replay;
  for (const JournalEntry& entry : entries) {
    const auto different = replay.feed(entry);
    REQUIRE(different.ok());
    REQUIRE_FALSE(different.value());
  }
  return replay;
}

auto first_with_samples(std::vector<JournalEntry>& entries) {
  return std::ranges::find_if(entries, [](const JournalEntry& entry) {
    const auto* stats =
        entry.inputs.empty() ? nullptr : std::get_if<input::Stats>(&entry.inputs.front());
    return stats && !stats->samples.empty();
  });
}

}  // namespace

TEST_CASE("replay: all of it is there: no holes") {
  const Replay whole = replayed(journal_of_a_minute());
  CHECK(whole.holes() == 0);
  CHECK(whole.passed_over() == 0);
}

TEST_CASE("replay: Redis lost an entry, or a sample: goes on at the next state, and says so") {
  std::vector<JournalEntry> entries = journal_of_a_minute();
  const Replay whole = replayed(entries);
  const auto found = first_with_samples(entries);
  REQUIRE(found != entries.end());
  SUBCASE("an entry") {
    entries.erase(found);
  }
  SUBCASE("a sample") {
    std::get<input::Stats>(found->inputs.front()).samples.pop_back();
  }
  const Replay holed = replayed(entries);
  CHECK(holed.holes() == 1);
  CHECK(holed.passed_over() > 0);
  CHECK(holed.turns() > 0);
  CHECK(holed.turns() < whole.turns());
  CHECK(holed.states() == whole.states() - 1);  // where it goes on there is nothing to compare
}
