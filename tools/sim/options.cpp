#include "tools/sim/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <thread>

#include "actors/policy/policy.h"
#include "tools/experiments/chaos.h"

namespace sim_tool {

namespace fs = std::filesystem;
using drivers::sim::RunKind;
using drivers::sim::Scenario;

namespace {

constexpr std::int64_t kMostSeeds = 1'000'000;
constexpr std::int64_t kMostSeed = 1'000'000'000'000;

struct Seeds {
  std::int64_t first = 0, last = 0;
};

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::optional<Seeds> seeds_of(const SimOptions& options, std::int64_t of_scenario) {
  if (options.seeds.empty()) {
    const std::int64_t one = options.seed.value_or(of_scenario);
    return Seeds{one, one};
  }
  const auto dots = options.seeds.find("..");
  if (dots == std::string::npos) return std::nullopt;
  const auto first = number(std::string_view{options.seeds}.substr(0, dots));
  const auto last = number(std::string_view{options.seeds}.substr(dots + 2));
  if (!first || !last || *first < 0 || *last < *first || *last > kMostSeed ||
      *last - *first >= kMostSeeds)
    return std::nullopt;
  return Seeds{*first, *last};
}

template <class T>
std::string list(const T& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::optional<std::vector<RunKind>> kinds_of(const std::string& migration,
                                             const Scenario& scenario) {
  if (migration == "all")
    return std::vector{RunKind::none, RunKind::ideal, RunKind::precopy, RunKind::postcopy};
  if (migration.empty()) return std::vector{experiments::kind_of(scenario.settings.migration.mode)};
  const auto all = names(RunKind{});
  const auto found = std::ranges::find(all, migration);
  if (found == all.end()) return std::nullopt;
  return std::vector{static_cast<RunKind>(found - all.begin())};
}

std::string command(const SimOptions& options, const std::string& seeds,
                    std::string_view migration) {
  std::string out = "nemuri sim";
  if (!options.scenario.empty()) out += " " + options.scenario;
  if (options.chaos) out += fmt::format(" --chaos {}", *options.chaos);
  out += seeds;
  if (!migration.empty()) out += fmt::format(" --migration {}", migration);
  if (!options.policy.empty()) out += " --policy " + options.policy;
  for (const std::string& each : options.set)
    out += " --set '" + each + "'";
  return out;
}

std::string seed_text(std::int64_t seed) {
  return fmt::format(" --seed {}", seed);
}

std::string seeds_text(const SimOptions& options) {
  if (!options.seeds.empty()) return " --seeds " + options.seeds;
  return options.seed ? seed_text(*options.seed) : "";
}

// The baselines that others are held against run too, if nobody asked for them.
std::vector<RunKind> with_baselines(const SimOptions& options, std::vector<RunKind> kinds) {
  for (const RunKind base : {RunKind::ideal, RunKind::none})
    if (options.baselines && !options.chaos && std::ranges::count(kinds, base) == 0)
      kinds.insert(kinds.begin(), base);
  std::ranges::sort(kinds);
  return kinds;
}

std::vector<PlannedRun> runs_of(const SimOptions& options, const Seeds& seeds,
                                const std::vector<RunKind>& asked) {
  std::vector<PlannedRun> out;
  for (std::int64_t seed = seeds.first; seed <= seeds.last; ++seed)
    for (const RunKind kind : with_baselines(options, asked))
      out.push_back({.seed = seed,
                     .kind = kind,
                     .asked = std::ranges::count(asked, kind) > 0,
                     .pictured = !options.out.empty() && seed == seeds.first,
                     .repeat = command(options, seed_text(seed), actors::name_of(kind))});
  return out;
}

// The seed draws the mode too, if nobody says which.
std::vector<PlannedRun> drawn_runs(const SimOptions& options, const Plan& plan,
                                   const Seeds& seeds) {
  std::vector<PlannedRun> out;
  for (std::int64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    const Scenario scenario = plan.of_seed(seed);
    out.push_back({.seed = seed,
                   .kind = experiments::kind_of(scenario.settings.migration.mode),
                   .pictured = !options.out.empty() && seed == seeds.first,
                   .repeat = command(options, seed_text(seed), "")});
  }
  return out;
}

int jobs_of(const SimOptions& options, std::size_t runs) {
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  const int wanted = options.jobs > 0 ? options.jobs : std::max(cores, 1);
  return std::min(wanted, static_cast<int>(std::min<std::size_t>(runs, 10'000)));
}

using Overrides = std::vector<drivers::sim::Override>;

std::variant<Overrides, BadUsage> overrides_of(const std::vector<std::string>& set) {
  Overrides out;
  for (const std::string& each : set) {
    const auto equals = each.find('=');
    if (equals == std::string::npos || equals == 0)
      return BadUsage{fmt::format("--set {}: expected KEY=VALUE, as in link.usable=60%", each)};
    out.push_back({each.substr(0, equals), each.substr(equals + 1)});
  }
  return out;
}

using OfSeed = std::function<Scenario(std::int64_t)>;

std::variant<Scenario, BadUsage> load(const SimOptions& options) {
  const auto overrides = overrides_of(options.set);
  if (const auto* bad = std::get_if<BadUsage>(&overrides)) return *bad;
  const std::string file = scenario_file(options.scenario);
  auto loaded = drivers::sim::load_scenario(file, std::get<Overrides>(overrides));
  if (auto* scenario = std::get_if<Scenario>(&loaded)) {
    scenario->name = scenario_name(options.scenario);
    return std::move(*scenario);
  }
  std::string all;
  for (const auto& fault : std::get<drivers::config::Faults>(loaded))
    all += (all.empty() ? "" : "\n") + drivers::config::to_text(fault, file);
  return BadUsage{all};
}

// A pool and its load drawn by the seed too.
OfSeed drawn(const SimOptions& options) {
  return [rate = *options.chaos, policy = options.policy](std::int64_t seed) {
    Scenario out = experiments::chaos_scenario({.seed = seed, .rate = rate});
    out.name = fmt::format("chaos, {} faults a minute", rate);
    if (!policy.empty()) out.settings.policy = policy;
    return out;
  };
}

OfSeed given(const SimOptions& options, Scenario scenario) {
  if (!options.policy.empty()) scenario.settings.policy = options.policy;
  if (options.chaos) scenario.name += fmt::format(", {} faults a minute", *options.chaos);
  return [scenario = std::move(scenario), rate = options.chaos](std::int64_t seed) {
    Scenario out = scenario;
    out.seed = seed;
    return rate ? experiments::with_chaos(std::move(out), {.seed = seed, .rate = *rate}) : out;
  };
}

/// What makes the scenario of a seed, and the seed that stands in the file.
struct Source {
  OfSeed of_seed;
  std::int64_t seed = 1;
};

std::variant<Source, BadUsage> source_of(const SimOptions& options) {
  if (options.scenario.empty() && !options.chaos)
    return BadUsage{"give a scenario, or --chaos, or both; --chaos alone draws a pool by the seed"};
  if (options.scenario.empty() && !options.set.empty())
    return BadUsage{"--set is for scenarios; --chaos alone draws all of its own from the seed"};
  if (options.scenario.empty()) return Source{drawn(options)};
  auto loaded = load(options);
  if (auto* bad = std::get_if<BadUsage>(&loaded)) return std::move(*bad);
  Scenario& scenario = std::get<Scenario>(loaded);
  const std::int64_t seed = scenario.seed;
  return Source{given(options, std::move(scenario)), seed};
}

}  // namespace

std::string scenario_file(const std::string& path) {
  std::error_code failed;
  return fs::is_directory(path, failed) ? (fs::path{path} / "scenario.yaml").string() : path;
}

std::string scenario_name(const std::string& path) {
  const fs::path file = fs::path{scenario_file(path)}.lexically_normal();
  const bool in_folder = file.filename() == "scenario.yaml" && file.has_parent_path();
  return in_folder ? file.parent_path().filename().string() : file.stem().string();
}

std::variant<Plan, BadUsage> make_plan(const SimOptions& options) {
  auto source = source_of(options);
  if (auto* bad = std::get_if<BadUsage>(&source)) return std::move(*bad);
  const auto& [of_seed, its_seed] = std::get<Source>(source);
  const auto seeds = seeds_of(options, its_seed);
  if (!seeds)
    return BadUsage{fmt::format(
        "--seeds {}: expected A..B, as in 1..200: whole numbers, A not above B, at most {} of them",
        options.seeds, kMostSeeds)};
  Plan plan;
  plan.of_seed = of_seed;
  plan.scenario = of_seed(seeds->first);
  if (!actors::make_policy(plan.scenario.settings.policy))
    return BadUsage{fmt::format("--policy {}: there is none of that name; there are: {}",
                                plan.scenario.settings.policy, list(actors::policy_names()))};
  const auto kinds = kinds_of(options.migration, plan.scenario);
  if (!kinds)
    return BadUsage{fmt::format("--migration {}: there is no such mode; there are: all, {}",
                                options.migration, list(names(RunKind{})))};
  plan.runs = options.scenario.empty() && options.migration.empty()
                  ? drawn_runs(options, plan, *seeds)
                  : runs_of(options, *seeds, *kinds);
  plan.command = command(options, seeds_text(options), options.migration);
  plan.at_once = jobs_of(options, plan.runs.size());
  plan.journal = options.journal;
  plan.must_settle = options.chaos.has_value();
  return plan;
}

}  // namespace sim_tool
