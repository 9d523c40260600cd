#include "tools/experiments/chaos.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "reactor/fingerprint.h"
#include "tools/experiments/chaos_faults.h"
#include "tools/experiments/settled.h"
#include "tools/experiments/simulation.h"

namespace experiments {

using namespace drivers::sim;

namespace {

constexpr Duration kLooks{40'000}, kBetweenLooks{1'000};  // nothing is wrong for so long
constexpr Duration kGivenUp{10'000};                      // and a precopy is not that any more
constexpr Duration kMinute{60'000};
constexpr std::int64_t kKibPerGib = 1'048'576;
constexpr std::uint64_t kOfFaults = 2;  // branch of the run's chance; 1: loads

Duration longest_precopy(const Scenario& scenario) {
  actors::Kib most{};
  for (const VmModel& vm : scenario.vms)
    most = std::max(most, vm.memory);
  return scenario.settings.migration.precopy_limit_per_gib * most.count / kKibPerGib;
}

bool copies_first(const Scenario& scenario) {
  return scenario.settings.migration.mode != actors::ports::MigrationMode::postcopy;
}

Duration looks_of(const Scenario& scenario) {
  return copies_first(scenario) ? std::max(kLooks, longest_precopy(scenario) + kGivenUp) : kLooks;
}

// One stuck, and all pauses between tries.
Duration resumes_take(const actors::MigrationSettings& migration) {
  return migration.half_open_after + migration.resume_limit +
         migration.resume_wait * actors::Recovery::kLongestWaits * migration.resume_tries;
}

// Who waits for the longest of these may have to wait for the next one then.
Duration settles_within(const Scenario& scenario) {
  const actors::Settings& settings = scenario.settings;
  const actors::PowerSettings& power = settings.power;
  const actors::MigrationSettings& migration = settings.migration;
  return power.suspend_deadline + power.backoff_longest + power.wake_deadline +
         power.idle_before_sleep + migration.doubt_limit + migration.cool_down_longest +
         resumes_take(migration) + settings.ticket_expiry + settings.hold_server +
         settings.hold_warehouse + settings.window + kMinute + looks_of(scenario);
}

std::vector<std::string> in_both(const std::vector<std::string>& a,
                                 const std::vector<std::string>& b) {
  std::vector<std::string> out;
  std::ranges::set_intersection(a, b, std::back_inserter(out));
  return out;
}

}  // namespace

Scenario with_chaos(Scenario scenario, ChaosSeed seed) {
  const Duration calm = scenario.length;
  scenario.seed = seed.seed;
  std::erase_if(scenario.faults, [&](const Fault& fault) { return fault.at >= calm; });
  for (Fault& fault : scenario.faults)
    fault.until = std::min(fault.until, calm);
  const reactor::Random random{static_cast<std::uint64_t>(seed.seed)};
  std::ranges::copy(draw_faults(random.branch(kOfFaults), seed.rate, scenario, calm),
                    std::back_inserter(scenario.faults));
  scenario.loads_end = calm;
  scenario.length += settles_within(scenario);
  return scenario;
}

std::vector<std::string> come_to_rest(Simulation& run, const Scenario& scenario) {
  const Duration end = scenario.length, first = std::max(end - looks_of(scenario), Duration{0});
  std::vector<std::string> stays;
  for (Duration at = first; at <= end; at += kBetweenLooks) {
    run.run_until(Instant{at});
    std::vector<std::string> wrong = unsettled(run.models(), run.director());
    std::ranges::sort(wrong);
    stays = at == first ? wrong : in_both(stays, wrong);
    if (stays.empty()) break;
  }
  return stays;
}

ChaosOutcome run_chaos(ChaosSeed seed) {
  const Scenario scenario = chaos_scenario(seed);
  Simulation run{scenario};
  reactor::Fingerprint hash;
  run.models().stream().read_by([&](const SimStream::Entry& entry) {
    hash.add(entry.first.text);
    for (const auto& [name, value] : entry.second) {
      hash.add(name);
      hash.add(value);
    }
  });
  ChaosOutcome out;
  out.unsettled = come_to_rest(run, scenario);
  out.broken = run.referee().broken();
  out.journal_hash = hash.value();
  out.faults = static_cast<std::int64_t>(scenario.faults.size());
  out.migrations = run.referee().migrations();
  out.suspends = run.referee().suspends();
  out.lost = std::ranges::count(run.models().world().vms(), true, &Vm::lost);
  return out;
}

std::string chaos_command(ChaosSeed seed) {
  return "nemuri sim --chaos " + std::to_string(seed.rate) + " --seed " + std::to_string(seed.seed);
}

}  // namespace experiments
