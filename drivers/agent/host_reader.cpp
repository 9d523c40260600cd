#include "drivers/agent/host_reader.h"

#include <unistd.h>

#include <algorithm>

#include "drivers/agent/cgroup.h"
#include "drivers/agent/files.h"
#include "drivers/agent/procfs.h"

namespace drivers::agent {

namespace {

reactor::Error unreadable(const std::string& path) {
  return {reactor::Errc::refused,
          "reading " + path + ": not there, or not what was expected in it"};
}

std::string text_of(const std::string& path) {
  return read_file(path).value_or("");
}

std::optional<Memory> machine_memory(const AgentSettings& settings) {
  return memory_use(text_of(settings.proc + "/meminfo"));
}

}  // namespace

reactor::Result<HostCounters> read_host(const AgentSettings& settings) {
  HostCounters counters;
  if (const auto memory = machine_memory(settings)) counters.memory = memory->used;
  if (settings.cgroup.empty()) {
    const auto busy = busy_time(text_of(settings.proc + "/stat"), sysconf(_SC_CLK_TCK));
    if (!busy) return unreadable(settings.proc + "/stat");
    counters.cpu_us = *busy;
  } else {
    const auto use = read_cgroup(settings.cgroup);
    if (!use) return unreadable(settings.cgroup + "/cpuacct.usage and cpu.stat");
    counters.cpu_us = use->cpu_us;
    if (use->memory) counters.memory = *use->memory;
  }
  counters.network = network_traffic(text_of(settings.proc + "/net/dev"), settings.networks);
  counters.disk = disk_traffic(text_of(settings.proc + "/diskstats"));
  return counters;
}

HostSize read_size(const AgentSettings& settings) {
  HostSize size{settings.capacity, sysconf(_SC_NPROCESSORS_ONLN), settings.memory};
  if (size.capacity.count == 0) size.capacity.count = 1'000 * size.cores;
  if (size.memory.count != 0) return size;
  if (const auto memory = machine_memory(settings)) size.memory = memory->total;
  const auto use = settings.cgroup.empty() ? std::nullopt : read_cgroup(settings.cgroup);
  if (use && use->memory_limit) size.memory = std::min(size.memory, *use->memory_limit);
  return size;
}

}  // namespace drivers::agent
