// What a VM needs of a host, and what a host offers: facts for the preflight
// (actors/migration/preflight.h).
//
// Plain data. What libvirt knows is read over its connection; what only the host itself can see
// comes in its agent's hello (HostFacts). Source: DESIGN.md §7, LAB.md §5.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/ports/fields.h"

namespace actors::ports {

using namespace std::string_view_literals;

/// What ties a VM to its host, whatever the other one is like.
enum class TieKind {
  host_device,         ///< PCI, USB, mediated, vDPA, TPM
  vhost_user,          ///< interface or disk served by a process of the host
  local_disk,          ///< not a file, not on a network, not marked shareable
  host_folder,         ///< virtiofs, 9p
  shared_memory,       ///< ivshmem, NVDIMM and other memory devices
  file_memory,         ///< memory backed by a file: no postcopy
  gigantic_pages,      ///< huge pages of 1 GiB or more: no postcopy
  encrypted_memory,    ///< SEV, TDX
  cpu_not_migratable,  ///< <cpu migratable='off'>
};
constexpr auto names(TieKind) {
  return std::array{"host_device"sv,    "vhost_user"sv,       "local_disk"sv,
                    "host_folder"sv,    "shared_memory"sv,    "file_memory"sv,
                    "gigantic_pages"sv, "encrypted_memory"sv, "cpu_not_migratable"sv};
}

struct Tie {
  TieKind kind = TieKind::host_device;
  std::string what;  ///< for people: "host device (pci)"
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("tie", self.kind)("what", self.what);
  }
  friend bool operator==(const Tie&, const Tie&) = default;
};

/// A CPU that guests have. Many VMs have the same one, so it is asked about once.
struct GuestCpu {
  CpuId id;          ///< of the rest of this, so that equal ones have equal ids
  std::string virt;  ///< kvm, qemu
  std::string arch;
  std::string xml;       ///< <cpu>, as libvirt compares it
  bool of_host = false;  ///< the very CPU of the VM's host (host-passthrough)
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("id", self.id)("virt", self.virt)("arch", self.arch)("xml", self.xml);
    archive("of_host", self.of_host);
  }
};

/// From a domain's definition.
struct VmNeeds {
  VmId vm;
  std::string name;
  Kib memory;  ///< maximum
  std::string virt, arch, machine;
  std::optional<CpuId> cpu;     ///< none: whatever QEMU has by default
  std::vector<Kib> page_sizes;  ///< huge pages; 0: the host's usual size
  std::vector<std::string>
      files;  ///< of its disks, written by it alone: are they on shared storage?
  std::vector<Tie> ties;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("vm", self.vm)("name", self.name)("memory_kib", self.memory)("virt", self.virt);
    archive("arch", self.arch)("machine", self.machine)("cpu", self.cpu);
    archive("page_sizes_kib", self.page_sizes)("files", self.files)("ties", self.ties);
  }
};

/// What one QEMU of a host can run.
struct GuestKind {
  std::string virt, arch;
  std::vector<std::string> machines;  ///< sorted, aliases too
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("virt", self.virt)("arch", self.arch)("machines", self.machines);
  }
};

struct FreePages {
  Kib size;
  std::int64_t free = 0;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("size_kib", self.size)("free", self.free);
  }
};

struct DefinedDomain {
  VmId vm;
  std::string name;
  bool persistent = true;  ///< else only a start of it that never came to its end is left
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("vm", self.vm)("name", self.name)("persistent", self.persistent);
  }
};

/// By libvirt of the host. Versions as libvirt numbers them: 9.0.0 is 9'000'000.
struct HostOffers {
  std::int64_t libvirt_version = 0, qemu_version = 0;
  std::string uuid;  ///< by which libvirt tells hosts apart
  Kib memory, free;  ///< RAM; of it unused, caches not counted as free
  std::vector<GuestKind> guests;
  std::vector<FreePages> huge_pages;   ///< by size
  std::vector<DefinedDomain> defined;  ///< only defined there, not running
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("libvirt_version", self.libvirt_version)("qemu_version", self.qemu_version);
    archive("uuid", self.uuid)("memory_kib", self.memory)("free_kib", self.free);
    archive("guests", self.guests)("huge_pages", self.huge_pages)("defined", self.defined);
  }
};

/// A guest's CPU on a host, as libvirt there compares it.
enum class CpuFit { identical, superset, incompatible, unknown };
constexpr auto names(CpuFit) {
  return std::array{"identical"sv, "superset"sv, "incompatible"sv, "unknown"sv};
}

struct CpuVerdict {
  CpuId cpu;
  CpuFit fit = CpuFit::unknown;
  std::string why;  ///< libvirt's words, of those that do not fit
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("cpu", self.cpu)("fit", self.fit)("why", self.why);
  }
};

/// What a host's libvirt is asked: about itself, these VMs on it, these CPUs on it.
struct SurveyCall {
  HostId host;
  std::vector<VmId> vms;
  std::vector<GuestCpu> cpus;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("vms", self.vms)("cpus", self.cpus);
  }
};

struct Survey {
  HostOffers offers;
  std::vector<VmNeeds> vms;      ///< of those asked for that are there
  std::vector<GuestCpu> cpus;    ///< of these VMs, each once
  std::vector<CpuVerdict> fits;  ///< of the CPUs asked for
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("offers", self.offers)("vms", self.vms)("cpus", self.cpus)("fits", self.fits);
  }
};

/// Who may use userfaultfd, by which a postcopy's target fetches pages.
enum class Userfaultfd { none, root, everybody };
constexpr auto names(Userfaultfd) {
  return std::array{"none"sv, "root"sv, "everybody"sv};
}

enum class ClockState { unknown, free_running, synchronized };
constexpr auto names(ClockState) {
  return std::array{"unknown"sv, "free_running"sv, "synchronized"sv};
}

/// Of migrations coming in, unless qemu.conf says otherwise.
inline constexpr std::int64_t kFirstPort = 49'152, kLastPort = 49'215;

/// What only the host itself can see, by its agent.
struct HostFacts {
  std::int64_t version = 1;  ///< of this list of fields
  Userfaultfd userfaultfd = Userfaultfd::none;
  std::string qemu_user;  ///< qemu.conf; empty: not set there, or not readable
  std::int64_t first_port = kFirstPort, last_port = kLastPort;  ///< of migrations coming in
  std::optional<bool> address_here;  ///< the migration address is one of this host's
  ClockState clock = ClockState::unknown;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("v", self.version)("userfaultfd", self.userfaultfd)("qemu_user", self.qemu_user);
    archive("first_port", self.first_port)("last_port", self.last_port);
    archive("address_here", self.address_here)("clock", self.clock);
  }
  friend bool operator==(const HostFacts&, const HostFacts&) = default;
};

}  // namespace actors::ports
