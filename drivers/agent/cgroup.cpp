#include "drivers/agent/cgroup.h"

#include <algorithm>

#include "drivers/agent/files.h"

namespace drivers::agent {

namespace {

constexpr std::int64_t kNoLimit = std::int64_t{1}
                                  << 60;  // v1 says "no limit" by a number near 2^63

struct Names {
  const char *usage, *limit, *droppable;
};
constexpr Names kV1{"/memory.usage_in_bytes", "/memory.limit_in_bytes", "total_inactive_file"};
constexpr Names kV2{"/memory.current", "/memory.max", "inactive_file"};

std::optional<std::int64_t> value_of(const std::string& path, std::string_view key) {
  const auto text = read_file(path);
  std::string_view rest{text ? *text : std::string_view{}};
  while (!rest.empty()) {
    std::string_view line = next_line(rest);
    if (next_word(line) == key) return to_number(next_word(line));
  }
  return std::nullopt;
}

void read_memory(const std::string& folder, const Names& names, CgroupUse& use) {
  const auto limit = read_number(folder + names.limit);
  if (limit && *limit < kNoLimit) use.memory_limit = actors::Kib{*limit / 1024};
  const auto usage = read_number(folder + names.usage);
  if (!usage) return;
  const auto droppable = value_of(folder + "/memory.stat", names.droppable).value_or(0);
  use.memory = actors::Kib{std::max<std::int64_t>(*usage - droppable, 0) / 1024};
}

}  // namespace

std::optional<CgroupUse> read_cgroup(const std::string& folder) {
  CgroupUse use;
  if (const auto nanoseconds = read_number(folder + "/cpuacct.usage")) {
    use.cpu_us = *nanoseconds / 1'000;
    read_memory(folder, kV1, use);
    return use;
  }
  const auto microseconds = value_of(folder + "/cpu.stat", "usage_usec");
  if (!microseconds) return std::nullopt;
  use.cpu_us = *microseconds;
  read_memory(folder, kV2, use);
  return use;
}

}  // namespace drivers::agent
