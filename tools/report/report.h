// What report.html shows, as pure data: the figures of all runs, and one run of each mode second by
// second (recorder.h). It knows nothing of how a run came about.
//
// Integers but for figures: CPU in millionths of a core, power in tenths of a watt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace report {

struct Host {
  std::string name;
  std::string role;  ///< "warehouse", "server"
  std::int64_t capacity_mcores = 1'000;
};

struct Pool {
  std::vector<Host> hosts;
  std::vector<std::string> switches;
  std::vector<std::string> vms;
};

/// One figure in each bucket of time; low and high only where a bucket is longer than a second.
struct Track {
  std::vector<std::int32_t> low, mean, high;
};

/// What a VM used on a host in one bucket, as its mean over the whole bucket.
struct Share {
  std::int32_t bucket = 0;
  std::int32_t vm = 0, host = 0;  ///< places in Pool
  std::int32_t ucores = 0;
};

/// A migration, from its call till it was over, however it ended.
struct Move {
  std::int32_t vm = 0, source = 0, target = 0;
  std::int64_t from_s = 0, to_s = 0;
};

/// One run, second by second or, if it is long, in buckets. Hosts in the order of Pool; no hosts at
/// all for a mode of which only sums are known.
struct Recording {
  std::int64_t seconds = 0;
  std::int64_t bucket_s = 1;
  Track hosts_on;                  ///< hundredths of a host
  Track deciwatts;                 ///< of all hosts and switches
  std::vector<Track> host_ucores;  ///< VMs and the host itself
  std::vector<std::vector<std::int32_t>> host_deciwatts, switch_deciwatts;
  std::vector<Share> shares;  ///< by bucket
  std::vector<Move> moves;
};

/// Of one run, as in summary.json. Nothing where it means nothing: `none` saves nothing of itself.
struct Figures {
  std::int64_t seed = 0;
  double energy_j = 0;
  std::optional<double> saved_pct;       ///< of the energy of `none`
  std::optional<double> eliminated_pct;  ///< saved, as a share of what `ideal` saves
  double lost_cpu_s = 0;
  std::int64_t migrations = 0;
  double hosts_on_mean = 0;
  std::optional<double> downtime_ms_p99;
  std::optional<double> slatah_pct;  ///< of the awake hosts' time: VMs on one lacked CPU
  std::optional<double> pdm_pct;     ///< of the CPU asked for: lacked by VMs that migrate
};

/// 10, 50 and 90 % of the runs lie below.
struct Spread {
  double low = 0, median = 0, high = 0;
};

/// Of all runs of a mode; the same names as in Figures.
struct Spreads {
  Spread energy_j;
  std::optional<Spread> saved_pct, eliminated_pct;
  Spread lost_cpu_s, migrations, hosts_on_mean;
  std::optional<Spread> downtime_ms_p99, slatah_pct, pdm_pct;
};

/// What a publication says of this mode.
struct Reference {
  double energy_j = 0;
  std::optional<double> saved_pct, eliminated_pct;
};

/// A part of the energy, by what it was spent on (the ledger's causes: "vms", "idle", ...).
struct Booked {
  std::string cause;
  double energy_j = 0;
};

/// A policy with a migration mode, or a baseline.
struct Mode {
  std::string name;     ///< unique: "postcopy"
  std::string command;  ///< repeats the run shown; empty for a baseline
  std::vector<Figures> runs;
  Spreads all;
  std::optional<Reference> reference;
  std::optional<Recording> shown;
  std::vector<Booked> booked;  ///< energy of the run shown; none: not known
};

struct Report {
  std::string scenario, version;
  std::string command;    ///< makes this whole report again
  std::int64_t seed = 0;  ///< of the runs shown
  std::string reference;  ///< where the modes' references come from: "the paper's Table IV"
  Pool pool;
  std::vector<Mode> modes;  ///< in the order of the table
};

}  // namespace report
