// nemuri replay: runs a journal again and says where, if anywhere, it comes out otherwise.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "actors/controller/replay.h"
#include "tools/commands/journal_source.h"
#include "tools/commands/options.h"

namespace commands {

using actors::EntryKind;
using actors::JournalEntry;
using reactor::Result;

namespace {

struct ReplayOptions {
  RedisSourceOptions redis;
  std::string file, save;
  bool from_snapshot = false;
  bool all_runs = false;
};

Result<std::unique_ptr<JournalSource>> open(const ReplayOptions& options) {
  return options.file.empty() ? open_redis(options.redis) : open_file(options.file);
}

// Entries of one run by their turns: after a blind time some may have been written late.
Result<std::vector<JournalEntry>> read_runs(JournalSource& source, bool all_runs) {
  const auto entries = source.entries();
  if (!entries.ok()) return entries.error();
  std::vector<JournalEntry> out;
  for (const auto& fields : entries.value()) {
    auto entry = actors::read_entry(fields);
    if (!entry.ok()) return entry.error();
    out.push_back(std::move(entry).value());
  }
  const std::string last = out.empty() ? std::string{} : out.back().run;
  if (!all_runs) std::erase_if(out, [&](const JournalEntry& entry) { return entry.run != last; });
  std::ranges::stable_sort(out, {}, [](const JournalEntry& e) { return std::pair{e.run, e.turn}; });
  return out;
}

// From the last state that turns follow: as a replay would after the older part was trimmed.
void keep_from_snapshot(std::vector<JournalEntry>& entries) {
  const auto is = [](EntryKind kind) {
    return [kind](const JournalEntry& entry) { return entry.kind == kind; };
  };
  const auto turn = std::find_if(entries.rbegin(), entries.rend(), is(EntryKind::turn));
  const auto last = std::find_if(turn, entries.rend(), is(EntryKind::snapshot));
  if (last != entries.rend()) entries.erase(entries.begin(), last.base() - 1);
}

Result<reactor::Unit> fill_samples(JournalSource& source, JournalEntry& entry) {
  for (actors::Input& input : entry.inputs) {
    auto* stats = std::get_if<actors::input::Stats>(&input);
    if (!stats) continue;
    auto samples = source.samples(*stats);
    if (!samples.ok()) return samples.error();
    stats->samples = std::move(samples).value();
  }
  return reactor::Unit{};
}

int report(const actors::Difference& different) {
  fmt::print("turn {}: {} differs\n  journal: {}\n  replay:  {}\n", different.turn, different.what,
             different.journal, different.replay);
  return kFailed;
}

int run(JournalSource& source, std::vector<JournalEntry> entries) {
  actors::Replay replay;
  for (JournalEntry& entry : entries) {
    const auto filled = fill_samples(source, entry);
    if (!filled.ok()) return fail("replay", filled.error().detail);
    const auto different = replay.feed(entry);
    if (!different.ok()) return fail("replay", different.error().detail);
    if (different.value()) return report(*different.value());
  }
  if (replay.turns() == 0) return fail("replay", "no turns to replay");
  fmt::print("{} turns of {} entries replayed, {} states compared: identical\n", replay.turns(),
             entries.size(), replay.states());
  if (replay.holes() > 0)
    fmt::print("not replayed: turns {}, holes {}: there Redis has lost entries or samples\n",
               replay.passed_over(), replay.holes());
  return 0;
}

int replay(const ReplayOptions& options) {
  if (options.file.empty() == options.redis.url.empty()) {
    std::fputs("nemuri replay: give either --redis or --file\n", stderr);
    return kBadUsage;
  }
  auto opened = open(options);
  if (!opened.ok()) return fail("replay", opened.error().detail);
  const std::unique_ptr<JournalSource> source = std::move(opened).value();
  if (!options.save.empty()) {
    const auto saved = save(*source, options.save);
    return saved.ok() ? 0 : fail("replay", saved.error().detail);
  }
  auto entries = read_runs(*source, options.all_runs);
  if (!entries.ok()) return fail("replay", entries.error().detail);
  std::vector<JournalEntry> chosen = std::move(entries).value();
  if (options.from_snapshot) keep_from_snapshot(chosen);
  return run(*source, std::move(chosen));
}

}  // namespace

void add_replay(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command =
      app.add_subcommand("replay", "Runs a journal again; exit 1 with the first difference");
  command->footer(
      "Example: nemuri replay --redis unix:/var/lib/nemuri/redis.sock \\\n"
      "           --user nemuri-controller \\\n"
      "           --password-file /var/lib/nemuri/secrets/controller");
  command->add_option("--redis", options->redis.url, "tcp://HOST:PORT or unix:/PATH");
  command->add_option("--user", options->redis.user, "Redis user");
  command->add_option("--password-file", options->redis.password_file, "Its password (mode 0600)");
  command->add_option("--pool", options->redis.pool, "Pool")->default_val("default");
  command->add_option("--file", options->file, "A journal that --save wrote");
  command->add_option("--save", options->save, "Only writes journal and samples to this file");
  command->add_flag("--from-snapshot", options->from_snapshot, "Begins at the last snapshot");
  command->add_flag("--all", options->all_runs, "All runs of the controller, not only the last");
  command->callback([options, &exit_code] { exit_code = replay(*options); });
}

}  // namespace commands
