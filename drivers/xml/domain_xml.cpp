#include "drivers/xml/domain_xml.h"

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <sstream>

#include "reactor/fingerprint.h"

namespace drivers::xml {

namespace {

using namespace std::string_view_literals;
using actors::CpuId;
using actors::Kib;
using actors::ports::GuestCpu;
using actors::ports::Tie;
using actors::ports::TieKind;
using actors::ports::VmNeeds;
using pugi::xml_node;

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

Tie tie(TieKind kind, std::string what) {
  return {kind, std::move(what)};
}

std::string target_of(const xml_node& disk) {
  return attribute(disk.child("target"), "dev");
}

// A file may be on storage that other hosts have too, which only the host can tell.
void read_disk(const xml_node& disk, VmNeeds& into) {
  const std::string type = attribute(disk, "type");
  const std::string source = source_of(disk);
  if (type == "vhostuser")
    return into.ties.push_back(tie(TieKind::vhost_user, "vhost-user disk " + target_of(disk)));
  if (type == "nvme")
    return into.ties.push_back(tie(TieKind::local_disk, "host NVMe disk " + target_of(disk)));
  if (type == "network" || source.empty()) return;  // empty: a drive without a medium
  if (disk.child("shareable") || disk.child("readonly")) return;
  if (type == "file") return into.files.push_back(source);
  into.ties.push_back(
      tie(TieKind::local_disk, "local disk " + source + " (" + type + ", not marked shareable)"));
}

std::optional<Tie> tie_of_interface(const xml_node& interface) {
  const std::string type = attribute(interface, "type");
  if (type == "hostdev")
    return tie(TieKind::host_device, "host device (interface of type hostdev)");
  if (type == "vhostuser") return tie(TieKind::vhost_user, "vhost-user interface");
  if (type == "vdpa") return tie(TieKind::host_device, "vDPA interface");
  return std::nullopt;
}

std::optional<Tie> tie_of(const xml_node& device) {
  const std::string_view name = device.name();
  if (name == "interface") return tie_of_interface(device);
  if (name == "hostdev")
    return tie(TieKind::host_device, "host device (" + attribute(device, "type") + ")");
  if (name == "filesystem") return tie(TieKind::host_folder, "folder of the host (filesystem)");
  if (name == "shmem")
    return tie(TieKind::shared_memory,
               "memory shared with the host (shmem " + attribute(device, "name") + ")");
  if (name == "memory" && device.attribute("model").as_string() != "dimm"sv)
    return tie(TieKind::shared_memory, "memory device " + attribute(device, "model"));
  if (name == "tpm" && attribute(device.child("backend"), "type") == "passthrough")
    return tie(TieKind::host_device, "host device (TPM)");
  return std::nullopt;
}

// 1 GiB pages: after the switch the guest would wait for a whole one at each first touch.
void read_memory(const xml_node& backing, VmNeeds& into) {
  const xml_node pages = backing.child("hugepages");
  for (const xml_node& page : pages.children("page"))
    into.page_sizes.push_back({kib(page, "size")});
  if (pages && into.page_sizes.empty()) into.page_sizes.push_back({});
  const bool gigantic = std::ranges::any_of(
      into.page_sizes, [](const Kib& size) { return size.count >= kHugestKib; });
  if (gigantic)
    into.ties.push_back(tie(TieKind::gigantic_pages, "huge pages of 1 GiB or more: no postcopy"));
  if (attribute(backing.child("source"), "type") == "file")
    into.ties.push_back(tie(TieKind::file_memory, "file-backed memory: no postcopy"));
}

void read_ties(const xml_node& domain, VmNeeds& into) {
  read_memory(domain.child("memoryBacking"), into);
  if (domain.child("launchSecurity"))
    into.ties.push_back(tie(TieKind::encrypted_memory, "encrypted memory (launchSecurity)"));
  if (attribute(domain.child("cpu"), "migratable") == "off")
    into.ties.push_back(tie(TieKind::cpu_not_migratable, "CPU with migratable='off'"));
  for (const xml_node& device : domain.child("devices").children()) {
    if (device.name() == "disk"sv) read_disk(device, into);
    if (auto one = tie_of(device)) into.ties.push_back(*std::move(one));
  }
}

std::string text_of(const xml_node& node) {
  std::ostringstream out;
  node.print(out, "", pugi::format_raw);
  return out.str();
}

// Equal CPUs are to have equal ids in every run, on every machine.
CpuId id_of(const GuestCpu& cpu) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  reactor::Fingerprint sum;
  for (const std::string_view part : {std::string_view{cpu.virt}, std::string_view{cpu.arch},
                                      std::string_view{cpu.xml}, cpu.of_host ? "h"sv : "g"sv})
    sum.add(part);
  CpuId id;
  for (int shift = 60; shift >= 0; shift -= 4)
    id.text += kDigits[(sum.value() >> shift) & 15];
  return id;
}

// A CPU that is its host's own can't be compared by its definition, which says no more than that.
std::optional<GuestCpu> read_cpu(const xml_node& domain, const VmNeeds& needs,
                                 const std::string& host_cpu) {
  const xml_node node = domain.child("cpu");
  const std::string mode = attribute(node, "mode");
  const bool of_host = mode == "host-passthrough" || mode == "maximum";
  if (!node || (of_host ? host_cpu.empty() : !node.child("model"))) return std::nullopt;
  GuestCpu cpu{{}, needs.virt, needs.arch, of_host ? host_cpu : text_of(node), of_host};
  cpu.id = id_of(cpu);
  return cpu;
}

}  // namespace

std::optional<DomainFacts> read_domain(std::string_view xml, const std::string& host_cpu) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return std::nullopt;
  const xml_node domain = document.child("domain");
  DomainFacts out;
  VmNeeds& needs = out.needs;
  const auto uuid = actors::VmId::parse(domain.child_value("uuid"));
  needs.name = domain.child_value("name");
  if (!uuid || needs.name.empty()) return std::nullopt;
  needs.vm = *uuid;
  const xml_node vcpu = domain.child("vcpu");
  out.vcpus = std::max(vcpu.attribute("current").as_int(vcpu.text().as_int(1)), 1);
  needs.memory = {kib(domain.child("memory"), "")};
  needs.virt = attribute(domain, "type");
  const xml_node type = domain.child("os").child("type");
  needs.arch = attribute(type, "arch");
  needs.machine = attribute(type, "machine");
  read_ties(domain, needs);
  out.cpu = read_cpu(domain, needs, host_cpu);
  if (out.cpu) needs.cpu = out.cpu->id;
  return out;
}

}  // namespace drivers::xml
