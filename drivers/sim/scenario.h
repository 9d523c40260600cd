// A scenario: hosts, VMs with their loads, a link, faults; and the conf.yaml the controller gets.
//
// Read strictly by the reader of conf.yaml: unknown keys, wrong units and missing names are faults
// with line and column, all at once. tests/scenarios/README.md is the manual of the file.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/settings.h"
#include "drivers/config/config.h"

namespace drivers::sim {

using reactor::Duration;

/// CPU in millionths of a core: the paper's idle VMs use 0.05 % of one, less than an Mcores. One of
/// it for one millisecond is one nanosecond of CPU time.
using Ucores = std::int64_t;
inline constexpr Ucores kUcoresPerMcore = 1'000;

struct LinkModel {
  std::int64_t bytes_s = 0;  ///< of each host, each way, on the migration network; always given
  std::int64_t usable_pct = 100;  ///< what a migration makes of it
  Duration setup{1'000};          ///< from the call till the first page moves (paper §III-A: α)
  Duration downtime{200};         ///< of a switch to postcopy
  Duration downtime_limit{300};   ///< precopy stops the VM when the rest takes no longer
  std::int64_t background_pct = 100;  ///< of what is usable, for what follows a switch to postcopy
  /// Of the CPU that a VM wants, right after a switch to postcopy; falls with its missing pages.
  std::int64_t page_faults_pct = 20;
  /// At each end, of the host's CPU, while 100 MB/s move. Paper §II-A.2: 3 W for 2 GB in 60 s,
  /// mainly by CPU; by the line of Table II 47 W are a core: 6.4 % of one at 36 MB/s.
  Ucores cpu_per_100mb_s = 180'000;
};

/// What a host draws, milliwatts. The defaults are the paper's Dell Optiplex 960.
struct PowerModel {
  /// Awake, at equal steps of load from none to all of the capacity; linear between them and
  /// beyond; two or more. Table II, and footnote 1: 53 + (100 - 53) L.
  std::vector<std::int64_t> awake{53'000, 100'000};
  std::int64_t asleep = 7'000;  ///< Table III
  /// On its way to sleep or up. §II-B: a suspend of 5 s and a migration (0.08 Wh, §II-A) take 0.15
  /// Wh together: 50 W, what an idle host draws.
  std::int64_t transition = 53'000;
};

/// A network switch draws the same whatever passes through it (paper §II-A.2).
struct SwitchModel {
  std::string name;
  std::int64_t milliwatts = 0;
};

struct HostModel {
  actors::HostPlan plan;
  std::int64_t cores = 1;
  actors::Mcores capacity;  ///< as its agent says; 0: all cores
  actors::Kib memory;
  Ucores overhead = 0;                                 ///< what the host itself uses, always
  bool asleep = false;                                 ///< at the beginning
  Duration suspend_takes{5'000}, resume_takes{5'000};  ///< paper §II-B
  PowerModel power;
};

struct LoadStep {
  Duration at{};
  Ucores cpu = 0;  ///< wanted from then on
};

/// Random modes (paper §IV-C): again and again a mode is drawn, how much it wants, and how long it
/// lasts. All ends of the ranges are included.
struct LoadModes {
  std::int64_t active_pct = 0;  ///< of the modes drawn; the paper's 75 % can be read several ways
  Ucores active_from = 700'000, active_to = 1'000'000;
  Ucores idle_from = 0, idle_to = 300'000;
  Duration lasts_from{30'000}, lasts_to{60'000};
};

/// A row of a trace: each value wanted until the next, the last one for ever.
struct LoadTrace {
  Duration every{300'000};
  Ucores full = 0;  ///< what 1 000 per mille are; more is cut off
  std::vector<std::int16_t> per_mille;
};

using LoadModel = std::variant<std::vector<LoadStep>, LoadModes, LoadTrace>;

struct VmModel {
  std::string name;
  actors::HostId on;
  std::int64_t vcpus = 1;
  actors::Kib memory;
  std::int64_t dirty_bytes = 0;  ///< memory updated per second of CPU time it gets
  LoadModel load;
};

enum class FaultKind {
  wake_never,         ///< the host does not come up, whatever is sent
  suspend_refused,    ///< the kernel of the host would not sleep
  migration_refused,  ///< libvirt of the host, as source, says no before anything moves
  link_lost,          ///< libvirt of the host can't be reached
  agent_silent,       ///< its agent stands still: no samples, no answers to orders
  agent_dead,         ///< its agent's process is gone, and started anew at the end
  samples_late,       ///< each stands in Redis only `by` later
  samples_lost,       ///< on the way to Redis
  samples_twice,      ///< written again after an answer that got lost
  samples_frozen,     ///< the figures of the last one before, again and again
  samples_zero,       ///< all figures 0
  wake_slow,          ///< the host begins to come up `by` later
  clock_ahead,        ///< the wall clock, of the host or (no host) the management node, is off `by`
  clock_back,
  answer_lost,        ///< libvirt of the host, as source, begins to migrate; its answer is lost
  request_lost,       ///< the caller sees the same, but nothing begins
  migration_stalled,  ///< nothing moves on the host's migration network, and nobody says so
  migration_cut,      ///< nothing moves there, and both ends notice (LAB.md §6 P2, C3)
  postcopy_broken,    ///< connections of its postcopies break, and can't be made anew
  half_open,          ///< as a target it does not notice that a source is gone (LAB.md §6 C5)
  half_told,          ///< the same, but its libvirt is told by the source's that it failed
  libvirtd_killed,    ///< and started anew at the end (LAB.md §6 P1, C1, C2)
  guest_off,   ///< one of its guests, on its way if one is, shuts itself down; `until` is nothing
  host_crash,  ///< without power; booted at the end
  redis_gone,
  redis_emptied,     ///< gone, and when it comes back nothing is in it
  controller_killed  ///< and started anew at the end
};
constexpr auto names(FaultKind) {
  using namespace std::string_view_literals;
  return std::array{
      "wake_never"sv,        "suspend_refused"sv, "migration_refused"sv, "link_lost"sv,
      "agent_silent"sv,      "agent_dead"sv,      "samples_late"sv,      "samples_lost"sv,
      "samples_twice"sv,     "samples_frozen"sv,  "samples_zero"sv,      "wake_slow"sv,
      "clock_ahead"sv,       "clock_back"sv,      "answer_lost"sv,       "request_lost"sv,
      "migration_stalled"sv, "migration_cut"sv,   "postcopy_broken"sv,   "half_open"sv,
      "half_told"sv,         "libvirtd_killed"sv, "guest_off"sv,         "host_crash"sv,
      "redis_gone"sv,        "redis_emptied"sv,   "controller_killed"sv};
}

struct Fault {
  FaultKind kind = FaultKind::redis_gone;
  actors::HostId host;  ///< empty: of the management node
  Duration at{}, until{};
  Duration by{};  ///< of those that have a size
};

enum class FaultOf { host, management_node, either };
/// Whose fault it can be.
FaultOf fault_of(FaultKind kind);
/// Whether `by` belongs to it.
bool has_size(FaultKind kind);

/// How a run is done: two baselines without a controller, and its migration modes.
enum class RunKind {
  none,
  ideal,
  precopy,
  precopy_then_postcopy,
  postcopy_after_precopy,
  postcopy
};
constexpr auto names(RunKind) {
  using namespace std::string_view_literals;
  return std::array{
      "none"sv,    "ideal"sv, "precopy"sv, "precopy_then_postcopy"sv, "postcopy_after_precopy"sv,
      "postcopy"sv};
}

/// What the paper measured, to be shown beside ours.
struct PaperFigure {
  RunKind kind{};
  std::int64_t energy_j = 0;
};

/// As in conf.yaml, but that nobody has to prove that models wake.
actors::Settings default_settings();

struct Scenario {
  std::string name;
  std::int64_t seed = 1;
  Duration length{};
  Duration loads_end = Duration::max();  ///< from then on they stay as they are
  actors::Settings settings = default_settings();
  LinkModel link;
  std::vector<HostModel> hosts;
  std::vector<SwitchModel> switches;
  std::vector<VmModel> vms;
  std::vector<Fault> faults;
  std::vector<PaperFigure> paper;
};

/// Sets one value of the file, also one that it does not name: "link.bandwidth_mb_s",
/// "hosts.pm0.overhead" (entries of a list by their `name`), "conf.migration.mode".
struct Override {
  std::string key, value;
};

/// `folder`: where relative names of traces begin.
std::variant<Scenario, config::Faults> read_scenario(std::string_view text,
                                                     const std::vector<Override>& overrides = {},
                                                     const std::string& folder = {});
/// Faults of an override have no line, and name it.
std::variant<Scenario, config::Faults> load_scenario(const std::string& path,
                                                     const std::vector<Override>& overrides = {});

}  // namespace drivers::sim
