#include "drivers/sim/chaos.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "drivers/sim/settled.h"
#include "drivers/sim/simulation.h"

namespace drivers::sim {

namespace {

constexpr Duration kLooks{40'000},
    kBetweenLooks{1'000};  // before the end: nothing is wrong for so long

class Hash {
 public:
  void add(std::string_view text) {
    for (const char byte : text)
      value_ = (value_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

std::vector<std::string> in_both(const std::vector<std::string>& a,
                                 const std::vector<std::string>& b) {
  std::vector<std::string> out;
  std::ranges::set_intersection(a, b, std::back_inserter(out));
  return out;
}

}  // namespace

std::vector<std::string> come_to_rest(Simulation& run, Duration end) {
  std::vector<std::string> stays;
  for (Duration at = end - kLooks; at <= end; at += kBetweenLooks) {
    run.run_until(Instant{at});
    std::vector<std::string> wrong = unsettled(run.models(), run.director());
    std::ranges::sort(wrong);
    stays = at == end - kLooks ? wrong : in_both(stays, wrong);
    if (stays.empty()) break;
  }
  return stays;
}

ChaosOutcome run_chaos(ChaosSeed seed) {
  const Scenario scenario = chaos_scenario(seed);
  Simulation run{scenario};
  Hash hash;
  run.models().stream().read_by([&](const SimStream::Entry& entry) {
    hash.add(entry.first.text);
    for (const auto& [name, value] : entry.second) {
      hash.add(name);
      hash.add(value);
    }
  });
  ChaosOutcome out;
  out.unsettled = come_to_rest(run, scenario.length);
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

}  // namespace drivers::sim
