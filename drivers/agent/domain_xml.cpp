#include "drivers/agent/domain_xml.h"

#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <pugixml.hpp>

namespace drivers::agent {

namespace {

using namespace std::string_view_literals;
using pugi::xml_node;
using Why = std::optional<std::string>;

constexpr std::int64_t kHugestKib = 1024LL * 1024;

std::int64_t kib(const xml_node& amount, const char* number) {
  const std::string_view unit = amount.attribute("unit").as_string("KiB");
  const std::int64_t count = pugi::xml_text{amount.text()}.as_llong(0);
  const std::int64_t size = *number != '\0' ? amount.attribute(number).as_llong(0) : count;
  if (unit.starts_with('b')) return size / 1024;
  if (unit.starts_with('M')) return size * 1024;
  if (unit.starts_with('G')) return size * 1024 * 1024;
  return size;
}

std::string attribute(const xml_node& node, const char* name) {
  return node.attribute(name).as_string();
}

// The whole path of a disk's source, whatever its type calls it.
std::string source_of(const xml_node& disk) {
  const xml_node source = disk.child("source");
  for (const char* name : {"file", "dev", "dir", "volume", "path"})
    if (auto value = attribute(source, name); !value.empty()) return value;
  return {};
}

Why why_disk(const xml_node& disk, const IsShared& is_shared) {
  const std::string type = attribute(disk, "type");
  const std::string source = source_of(disk);
  if (type == "vhostuser") return "vhost-user disk " + attribute(disk.child("target"), "dev");
  if (type == "nvme") return "host NVMe disk " + attribute(disk.child("target"), "dev");
  if (type == "network" || source.empty()) return std::nullopt;  // empty: a drive without a medium
  if (disk.child("shareable") || disk.child("readonly")) return std::nullopt;
  if (type == "file" && is_shared(source)) return std::nullopt;
  return "local disk " + source + " (" + type + ", not on shared storage, not marked shareable)";
}

Why why_interface(const xml_node& interface) {
  const std::string type = attribute(interface, "type");
  if (type == "hostdev") return "host device (interface of type hostdev)";
  if (type == "vhostuser") return "vhost-user interface";
  if (type == "vdpa") return "vDPA interface";
  return std::nullopt;
}

Why why_device(const xml_node& device, const IsShared& is_shared) {
  const std::string_view name = device.name();
  if (name == "disk") return why_disk(device, is_shared);
  if (name == "interface") return why_interface(device);
  if (name == "hostdev") return "host device (" + attribute(device, "type") + ")";
  if (name == "filesystem") return "folder of the host (filesystem)";
  if (name == "shmem")
    return "memory shared with the host (shmem " + attribute(device, "name") + ")";
  if (name == "memory" && device.attribute("model").as_string() != "dimm"sv)
    return "memory device " + attribute(device, "model");
  if (name == "tpm" && attribute(device.child("backend"), "type") == "passthrough")
    return "host device (TPM)";
  return std::nullopt;
}

// 1 GiB pages: after the switch the guest would wait for a whole one at each first touch.
Why why_memory(const xml_node& backing) {
  for (const xml_node& page : backing.child("hugepages").children("page"))
    if (kib(page, "size") >= kHugestKib) return "huge pages of 1 GiB or more: no postcopy";
  if (attribute(backing.child("source"), "type") == "file")
    return "file-backed memory: no postcopy";
  return std::nullopt;
}

Why why_whole(const xml_node& domain, const IsShared& is_shared) {
  if (auto why = why_memory(domain.child("memoryBacking"))) return why;
  if (domain.child("launchSecurity")) return "encrypted memory (launchSecurity)";
  if (attribute(domain.child("cpu"), "migratable") == "off") return "CPU with migratable='off'";
  for (const xml_node& device : domain.child("devices").children())
    if (auto why = why_device(device, is_shared)) return why;
  return std::nullopt;
}

pugi::xml_document parsed(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) document.reset();
  return document;
}

}  // namespace

Why why_unmovable(std::string_view xml, const IsShared& is_shared) {
  const auto document = parsed(xml);
  const xml_node domain = document.child("domain");
  return domain ? why_whole(domain, is_shared) : Why{"its definition does not parse"};
}

std::optional<actors::ports::InventoryVm> read_domain(std::string_view xml,
                                                      const IsShared& is_shared) {
  const auto document = parsed(xml);
  const xml_node domain = document.child("domain");
  actors::ports::InventoryVm vm;
  const auto uuid = actors::VmId::parse(domain.child_value("uuid"));
  vm.name = domain.child_value("name");
  if (!uuid || vm.name.empty()) return std::nullopt;
  vm.vm = *uuid;
  const xml_node vcpu = domain.child("vcpu");
  vm.vcpus = std::max(vcpu.attribute("current").as_int(vcpu.text().as_int(1)), 1);
  vm.max_memory = {kib(domain.child("memory"), "")};
  vm.unmovable = why_whole(domain, is_shared);
  return vm;
}

bool on_network_file_system(const std::string& path) {
  constexpr std::array<std::uint32_t, 10> kNetwork{
      0x6969,      // NFS
      0xFF534D42,  // CIFS
      0xFE534D42,  // SMB2
      0x00C36400,  // Ceph
      0x01161970,  // GFS2
      0x7461636F,  // OCFS2
      0x47504653,  // GPFS
      0x0BD00BD0,  // Lustre
      0x65735546,  // FUSE
      0x01021997,  // 9P
  };
  struct statfs found {};
  if (statfs(path.c_str(), &found) != 0) return false;
  return std::ranges::find(kNetwork, static_cast<std::uint32_t>(found.f_type)) != kNetwork.end();
}

}  // namespace drivers::agent
