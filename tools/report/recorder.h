// Makes a Recording of a run's seconds. A run of any length becomes at most kBuckets buckets, about
// what a screen has room for, so memory is bounded; each keeps the mean, the lowest and the
// highest.
#pragma once

#include <span>

#include "tools/report/report.h"

namespace report {

inline constexpr std::int64_t kBuckets = 1'500;

struct HostSecond {
  bool on = false;  ///< draws more than a sleeper: awake or on its way
  std::int32_t mcores = 0, deciwatts = 0;
};

/// A VM on a host; during a migration there may be two of it.
struct VmSecond {
  std::int32_t vm = 0, host = 0;  ///< places in Pool
  std::int32_t mcores = 0;
  bool moving = false;  ///< a migration of it has begun, and has not ended on this host
};

struct Second {
  std::span<const HostSecond> hosts;  ///< all, in the order of Pool
  std::span<const std::int32_t> switch_deciwatts;
  std::span<const VmSecond> vms;  ///< those that run or move, in any order
};

class Recorder {
 public:
  Recorder(const Pool& pool, std::int64_t seconds);

  /// The next second; those beyond the length given to the constructor are left out.
  void add(const Second& second);
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
  void follow_move(const VmSecond& second);
  void end_bucket();
  void end_shares(std::int32_t bucket);

  Recording out_;
  std::int64_t second_ = 0;     ///< that comes next
  std::int64_t in_bucket_ = 0;  ///< seconds in the open bucket
  Sum on_, watts_;
  std::vector<Sum> host_mcores_;
  std::vector<std::int64_t> host_deciwatts_, switch_deciwatts_;
  std::vector<std::vector<Use>> uses_;           ///< by VM; mostly one host each
  std::vector<std::vector<std::size_t>> moves_;  ///< by VM: places in out_.moves of the last ones
};

}  // namespace report
