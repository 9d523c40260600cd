// CPU and memory of one cgroup, v1 or v2: the host where several share a machine (the lab's hosts,
// LAB.md §10), since /proc/stat shows the machine there.
#pragma once

#include <optional>
#include <string>

#include "drivers/agent/counters.h"

namespace drivers::agent {

struct CgroupUse {
  std::int64_t cpu_us = 0;
  std::optional<actors::Kib> memory;  ///< without file pages that can be dropped at once
  std::optional<actors::Kib> memory_limit;
};

/// v1: cpuacct.usage, memory.usage_in_bytes; v2: cpu.stat, memory.current. Which of them it is
/// shows in the folder itself. The memory files may be missing (v1 has them elsewhere). None: no
/// CPU file.
std::optional<CgroupUse> read_cgroup(const std::string& folder);

}  // namespace drivers::agent
