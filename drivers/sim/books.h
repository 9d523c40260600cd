// What is collected of a run for people: each simulated second, each migration, and the sums.
//
// An Audience is told while a run goes on; what it keeps is its own matter, so a run that nobody
// watches keeps nothing. Hosts, VMs and switches are named by their places in the scenario's lists.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drivers/sim/migrator.h"

namespace drivers::sim {

struct VmCpu {
  std::size_t vm = 0;
  Ucores got = 0;  ///< mean over the second
  friend bool operator==(const VmCpu&, const VmCpu&) = default;
};

struct HostSecond {
  HostPower power = HostPower::awake;  ///< at the second's end
  std::int64_t milliwatts = 0;         ///< read at the second's end
  Ucores own = 0;                      ///< mean: what the host uses itself, migrations included
  std::vector<VmCpu> vms;              ///< who was there at the second's end
  bool migrating = false;              ///< source or target of a migration, at the second's end
};

/// The first one, at zero, has readings only.
struct Second {
  Duration at{};  ///< its end
  std::vector<HostSecond> hosts;
  std::vector<std::int64_t> switches;  ///< milliwatts each
  std::int64_t hosts_on = 0;           ///< awake, or on the way up or down
  std::int64_t milliwatts = 0;         ///< of all hosts and switches
  Ucores wanted = 0;                   ///< by all VMs, at its end
  std::int64_t lost_ns = 0;            ///< CPU time that VMs wanted in it and did not get
  std::int64_t migrations = 0;         ///< under way at its end
};

class Audience {
 public:
  virtual ~Audience() = default;
  virtual void second_over(const Second& second) = 0;
  virtual void migration_over(const MigrationRecord& migration) = 0;
};

/// `none` and `ideal` are baselines without a controller; the others its migration modes.
enum class RunKind { none, ideal, precopy, postcopy, postcopy_after_precopy };
constexpr auto names(RunKind) {
  using namespace std::string_view_literals;
  return std::array{"none"sv, "ideal"sv, "precopy"sv, "postcopy"sv, "postcopy_after_precopy"sv};
}

/// A row of Table IV. What can't be said is empty.
struct RunSummary {
  std::int64_t seed = 0;
  std::string policy;  ///< empty: a baseline
  RunKind kind = RunKind::postcopy;
  std::int64_t energy_mj = 0;            ///< millijoules, hosts and switches
  std::optional<double> saved_pct;       ///< of the energy of `none`, same seed
  std::optional<double> eliminated_pct;  ///< saved / what `ideal` saves
  std::int64_t lost_cpu_ms = 0;
  std::int64_t migrations = 0;      ///< that completed
  std::int64_t hosts_on_milli = 0;  ///< mean number of hosts on, thousandths
  std::optional<std::int64_t> downtime_ms_p99;
  std::string journal_sha256;  ///< hex; empty: without a journal
};

/// Everything of one run, for its pictures.
struct RunBook {
  RunSummary summary;
  std::vector<Second> seconds;
  std::vector<MigrationRecord> migrations;
};

/// What report.html is made from: all rows, and the pictures of one seed, each kind once.
struct Books {
  std::string scenario;
  std::vector<std::string> hosts, vms, switches;  ///< names, by place
  std::vector<RunSummary> rows;                   ///< by seed, kinds in the order of RunKind
  std::vector<RunBook> pictures;
};

}  // namespace drivers::sim
