// Reads a host's own counters: from /proc, or where --cgroup names one, CPU and memory from there.
#pragma once

#include "drivers/agent/agent_settings.h"
#include "drivers/agent/counters.h"
#include "reactor/result.h"

namespace drivers::agent {

/// Errors: refused, naming the file. A handful of small reads: fit for the loop.
reactor::Result<HostCounters> read_host(const AgentSettings& settings);

struct HostSize {
  actors::Mcores capacity;
  std::int64_t cores = 0;  ///< online
  actors::Kib memory;
};
/// As stated; else the cores that are online, and the RAM or the cgroup's limit if that is less.
HostSize read_size(const AgentSettings& settings);

}  // namespace drivers::agent
