// Makes a Recording of a run's seconds. A run of any length becomes at most kBuckets buckets, about
// what a screen has room for, so memory is bounded; each keeps the mean, the lowest and the
// highest.
#pragma once

#include <span>

#include "tools/report/report.h"

namespace report {

inline constexpr std::int64_t kBuckets = 1'500;

struct HostSecond {
  std::int32_t ucores = 0, deciwatts = 0;
};

struct VmSecond {
  std::int32_t vm = 0, host = 0;  ///< places in Pool
  std::int32_t ucores = 0;
};

struct Second {
  std::int32_t hosts_on = 0;          ///< awake, or on their way up or down
  std::int32_t deciwatts = 0;         ///< of all hosts and switches
  std::span<const HostSecond> hosts;  ///< in the order of Pool; none: only sums are known
  std::span<const std::int32_t> switch_deciwatts;
  std::span<const VmSecond> vms;  ///< those that run, in any order
};

class Recorder {
 public:
  Recorder(const Pool& pool, std::int64_t seconds);

  /// The next second; those beyond the length given to the constructor are left out.
  void add(const Second& second);
  void add(const Move& move) { out_.moves.push_back(move); }
  /// Ends the recording.
  Recording take();

 private:
  struct Sum {
    std::int64_t sum = 0;
    std::int32_t low = 0, high = 0;
  };
  struct Use {
    std::int32_t host = 0;
    std::int64_t sum = 0;
  };

  void add(Sum& sum, std::int64_t value) const;
  void put(Track& track, Sum& sum);
  std::int32_t mean(std::int64_t sum) const;
  void add_hosts(const Second& second);
  void add_vm(const VmSecond& second);
  void end_bucket();
  void end_shares(std::int32_t bucket);

  Recording out_;
  std::int64_t second_ = 0;  ///< that comes next
  bool hosts_known_ = false;
  std::int64_t in_bucket_ = 0;  ///< seconds in the open bucket
  Sum on_, watts_;
  std::vector<Sum> host_ucores_;
  std::vector<std::int64_t> host_deciwatts_, switch_deciwatts_;
  std::vector<std::vector<Use>> uses_;  ///< by VM; mostly one host each
};

}  // namespace report
