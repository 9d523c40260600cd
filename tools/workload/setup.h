// What a guest whose only program is this one needs from its process 1.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace workload {

/// Mounts /proc, /sys and /dev, takes the console as standard output, loads the modules of /modules
/// in the order of their names, and quiets the kernel's own timers. What fails is said on the
/// console.
void set_up_guest();

/// The number after `key` on the kernel's command line, else `otherwise`.
std::uint64_t kernel_argument(const std::string& key, std::uint64_t otherwise);

/// Zeroed memory, most of what is free: it takes room only once it is written.
std::span<std::uint64_t> take_memory();

[[noreturn]] void power_off();

}  // namespace workload
