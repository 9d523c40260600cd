// What is counted on a host, as it stands at one moment: everything but memory only grows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/ports/facts.h"

namespace drivers::agent {

struct Traffic {
  std::int64_t in = 0, out = 0;  ///< bytes: received and sent, or read and written
  friend bool operator==(const Traffic&, const Traffic&) = default;
};

struct HostCounters {
  std::int64_t cpu_us = 0;
  actors::Kib memory;  ///< in use
  Traffic network, disk;
};

/// One active domain as libvirt's bulk statistics have it. What the driver does not tell is 0 or
/// none.
struct DomainCounters {
  actors::VmId vm;
  std::string name;
  actors::ports::VmLetter state = actors::ports::VmLetter::other;
  std::int32_t vcpus = 0;
  actors::Kib max_memory, memory;
  std::optional<std::int64_t> cpu_us;
  std::optional<Traffic> network, disk;
};

using DomainList = std::vector<DomainCounters>;

/// CPU time of a domain's process. Another `started` is another process under the same number.
struct ProcessCpu {
  std::int64_t started = 0;  ///< clock ticks after boot
  std::int64_t cpu_us = 0;
};

}  // namespace drivers::agent
