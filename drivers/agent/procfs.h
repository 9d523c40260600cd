// What the texts of /proc say. Pure; the tests have recorded ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/agent/counters.h"

namespace drivers::agent {

/// /proc/stat: time in which some CPU did work, in microseconds. A guest's time is in `user`
/// already; stolen time and waiting for disks are no work of this host.
std::optional<std::int64_t> busy_time(std::string_view stat, std::int64_t ticks_per_second);

struct Memory {
  actors::Kib total, used;  ///< used: what new programs could not have
};
std::optional<Memory> memory_use(std::string_view meminfo);

/// /proc/net/dev: the sum over `networks`, or if there are none over all interfaces but those that
/// carry what another one has carried already (loopback, bridges, bonds, taps of guests).
Traffic network_traffic(std::string_view net_dev, const std::vector<std::string>& networks);

/// /proc/diskstats: the sum over whole real disks (no partitions, loops, device mapper, RAM).
Traffic disk_traffic(std::string_view diskstats);

/// /proc/PID/stat.
std::optional<ProcessCpu> process_cpu(std::string_view stat, std::int64_t ticks_per_second);

}  // namespace drivers::agent
