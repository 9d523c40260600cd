// Can this host take this VM? Looked at before a VM is first moved, from facts on both ends.
//
// Pure. A `no` is what libvirt or QEMU would refuse, or what nobody could mend once it went wrong;
// a warning is worth mending and moves may succeed all the same. What is not known is a warning,
// never a no. Each finding says how to mend it. Source: DESIGN.md §7; LAB.md §5; libvirt 9.0,
// QEMU 7.2.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/ports/hypervisor.h"

namespace actors::preflight {

using namespace std::string_view_literals;

enum class Severity { warning, no };
constexpr auto names(Severity) {
  return std::array{"warning"sv, "no"sv};
}

enum class Check {
  device,       ///< of the host, in the VM
  disk,         ///< on this host alone
  memory_kind,  ///< backed by a file, shared, encrypted, of huge pages
  libvirt,
  qemu,
  guest_kind,  ///< accelerator and architecture
  machine,
  cpu,
  userfaultfd,
  memory,  ///< how much
  name,    ///< or UUID, taken there
  same_host,
  address,  ///< of migrations coming in, and its ports
  clock,
  agent,
};
constexpr auto names(Check) {
  return std::array{"device"sv,     "disk"sv,      "memory_kind"sv, "libvirt"sv,     "qemu"sv,
                    "guest_kind"sv, "machine"sv,   "cpu"sv,         "userfaultfd"sv, "memory"sv,
                    "name"sv,       "same_host"sv, "address"sv,     "clock"sv,       "agent"sv};
}

struct Finding {
  Check check = Check::device;
  Severity severity = Severity::warning;
  std::string what, mend;  ///< for people
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("check", self.check)("severity", self.severity)("what", self.what);
    archive("mend", self.mend);
  }
};

/// One end, as far as it is known. Pointers: null where nothing is known.
struct HostSide {
  HostId host;
  const ports::HostOffers* offers = nullptr;
  const ports::HostHello* hello = nullptr;
  const std::vector<ports::DefinedDomain>* running = nullptr;
  std::optional<std::int64_t> silent_port;  ///< of migrations to it: gave no answer to who tried
  std::optional<reactor::Duration> clock_ahead{};  ///< of one clock that is the same for both ends
};

struct Move {
  const ports::VmNeeds& vm;
  HostSide source, target;
  const ports::GuestCpu* cpu = nullptr;    ///< the VM's
  const ports::CpuVerdict* fit = nullptr;  ///< of it on the target
  ports::MigrationMode mode = ports::MigrationMode::postcopy;
};

/// All that speaks against it, each no before the warnings.
std::vector<Finding> examine(const Move& move);

/// The first no; none: it can. Cheap where it can: for policies.
std::optional<Finding> obstacle(const Move& move);

}  // namespace actors::preflight
