// What is collected of a run for people: each simulated second, each migration, and the sums.
//
// An Audience is told while a run goes on; what it keeps is its own matter, so a run that nobody
// watches keeps nothing. Hosts, VMs and switches are named by their places in the scenario's lists.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/controller/ledger.h"
#include "drivers/sim/migrator.h"

namespace experiments {

namespace sim = drivers::sim;

struct VmCpu {
  std::size_t vm = 0;
  sim::Ucores got = 0;  ///< mean over the second
  friend bool operator==(const VmCpu&, const VmCpu&) = default;
};

struct HostSecond {
  sim::HostPower power = sim::HostPower::awake;  ///< at the second's end
  std::int64_t milliwatts = 0;                   ///< mean over the second
  std::int64_t idle_milliwatts = 0;              ///< what it would draw awake with nothing to do
  std::int64_t migration_milliwatts = 0;         ///< what of `milliwatts` is its migrations'
  sim::Ucores own = 0;     ///< mean: what the host uses itself, migrations included
  sim::Ucores moving = 0;  ///< of `own`, what migrations use at the second's end
  std::vector<VmCpu> vms;  ///< who was there at some time in it
};

/// The first one, at zero, has readings only.
struct Second {
  reactor::Duration at{};  ///< its end
  std::vector<HostSecond> hosts;
  std::vector<std::int64_t> switches;  ///< milliwatts each
  std::int64_t hosts_on = 0;           ///< awake, or on the way up or down
  std::int64_t milliwatts = 0;         ///< of all hosts and switches
  sim::Ucores wanted = 0;              ///< by all VMs, at its end
  std::int64_t lost_ns = 0;            ///< CPU time that VMs wanted in it and did not get
  std::int64_t migrations = 0;         ///< under way at its end
  sim::Sla sla;                        ///< of all hosts, from the beginning on
};

class Audience {
 public:
  virtual ~Audience() = default;
  virtual void second_over(const Second& second) = 0;
  virtual void migration_over(const sim::MigrationRecord& migration) = 0;
};

/// A row of Table IV. What can't be said is empty.
struct RunSummary {
  std::int64_t seed = 0;
  std::string policy;  ///< empty: a baseline
  sim::RunKind kind = sim::RunKind::postcopy;
  actors::Energy energy;                 ///< of hosts and switches, by cause
  std::optional<double> saved_pct;       ///< of the energy of `none`, same seed
  std::optional<double> eliminated_pct;  ///< saved / what `ideal` saves
  std::int64_t lost_cpu_ms = 0;
  std::optional<double> slatah_pct, pdm_pct;  ///< sla.h; while a VM was stopped counts in PDM
  std::int64_t migrations = 0;                ///< that completed
  std::int64_t hosts_on_milli = 0;            ///< mean number of hosts on, thousandths
  std::optional<std::int64_t> downtime_ms_p99;
  std::string journal_sha256;  ///< hex; empty: without a journal
};

}  // namespace experiments
