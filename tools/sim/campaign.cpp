#include "tools/sim/campaign.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "tools/sim/in_order.h"
#include "tools/sim/last_words.h"
#include "tools/sim/pictures.h"
#include "tools/sim/run_files.h"

namespace sim_tool {

namespace fs = std::filesystem;
using drivers::sim::MigrationRecord;
using drivers::sim::Scenario;
using drivers::sim::SimStream;
using experiments::Outcome;
using experiments::Second;
using reactor::Result;

namespace {

std::int64_t seconds_of(const Scenario& scenario) {
  return scenario.length.count() / 1'000;
}

/// Counts seconds for the progress, and hands all on to who wants it.
class Listener final : public experiments::Audience {
 public:
  explicit Listener(std::atomic<std::int64_t>& done) : done_(done) {}

  void add(experiments::Audience& other) { others_.push_back(&other); }
  void second_over(const Second& second) override {
    if (second.at > drivers::sim::Duration{0}) ++done_;
    for (experiments::Audience* other : others_)
      other->second_over(second);
  }
  void migration_over(const MigrationRecord& migration) override {
    for (experiments::Audience* other : others_)
      other->migration_over(migration);
  }

 private:
  std::atomic<std::int64_t>& done_;
  std::vector<experiments::Audience*> others_;
};

/// One run of the plan.
class Run {
 public:
  Run(const Plan& plan, const PlannedRun& planned, std::atomic<std::int64_t>& done)
      : plan_(plan), planned_(planned), done_(done) {}

  RunResult carry_out() {
    const LastWords words{planned_.repeat};
    if (plan_.out && planned_.asked && !open_files()) return std::move(result_);
    Scenario scenario = plan_.of_seed(planned_.seed);
    if (planned_.pictured) pictures_.emplace(scenario, planned_.kind);
    Listener listener{done_};
    if (seconds_) listener.add(*seconds_);
    if (pictures_) listener.add(*pictures_);
    experiments::RunWishes wishes{
        .on_entry = {}, .audience = &listener, .must_settle = plan_.must_settle};
    if (journal_)
      wishes.on_entry = [this](const SimStream& stream, const SimStream::Entry& entry) {
        journal_->add(stream, entry);
      };
    Outcome outcome = experiments::run(std::move(scenario), planned_.kind, wishes);
    result_.summary = std::move(outcome.summary);
    result_.broken = std::move(outcome.broken);
    if (pictures_) result_.recording = pictures_->take();
    close_files();
    return std::move(result_);
  }

 private:
  bool open_files() {
    fs::path folder = plan_.out->path();
    if (several_asked()) {
      const Result<fs::path> own = plan_.out->for_run(planned_.seed, planned_.kind);
      if (!own.ok()) return fail(own.error().detail);
      folder = own.value();
    }
    seconds_.emplace(folder / "seconds.csv");
    if (plan_.journal && experiments::has_controller(planned_.kind))
      journal_.emplace(folder / "journal.ndjson");
    return true;
  }

  bool several_asked() const { return std::ranges::count_if(plan_.runs, &PlannedRun::asked) > 1; }

  void close_files() {
    if (seconds_) {
      const auto closed = seconds_->close();
      if (!closed.ok()) fail(closed.error().detail);
    }
    if (!journal_) return;
    const Result<std::string> hash = journal_->close();
    if (!hash.ok()) fail(hash.error().detail);
    if (hash.ok()) result_.summary.journal_sha256 = hash.value();
  }

  bool fail(const std::string& why) {
    result_.failure = why;
    return false;
  }

  const Plan& plan_;
  const PlannedRun& planned_;
  std::atomic<std::int64_t>& done_;
  std::optional<SecondsFile> seconds_;
  std::optional<JournalFile> journal_;
  std::optional<Pictures> pictures_;
  RunResult result_;
};

}  // namespace

std::vector<RunResult> carry_out(const Plan& plan, const OnProgress& on_progress) {
  std::atomic<std::int64_t> done{0};
  const std::int64_t all = seconds_of(plan.scenario) * static_cast<std::int64_t>(plan.runs.size());
  return in_order<RunResult>(
      plan.runs.size(), plan.at_once,
      [&](std::size_t i) {
        return Run{plan, plan.runs[i], done}.carry_out();
      },
      [&] { on_progress(done, all); });
}

}  // namespace sim_tool
