#include "drivers/libvirt/survey.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "drivers/libvirt/domain_calls.h"
#include "drivers/xml/capabilities_xml.h"
#include "drivers/xml/domain_xml.h"

namespace drivers::libvirt {

using actors::Kib;
using actors::VmId;
using actors::ports::CpuFit;
using actors::ports::CpuVerdict;
using actors::ports::FreePages;
using actors::ports::GuestCpu;
using actors::ports::HostOffers;
using actors::ports::Survey;
using actors::ports::SurveyCall;
using reactor::Errc;
using reactor::Result;

namespace {

// libvirt's text, which is ours to free.
std::optional<std::string> taken(char* text) {
  if (text == nullptr) return std::nullopt;
  std::string out{text};
  std::free(text);  // NOLINT(cppcoreguidelines-no-malloc): libvirt's malloc
  return out;
}

std::vector<FreePages> free_pages(const Conn& conn, const std::vector<Kib>& sizes) {
  if (sizes.empty()) return {};
  std::vector<unsigned> asked(sizes.size());
  std::ranges::transform(sizes, asked.begin(),
                         [](const Kib& size) { return static_cast<unsigned>(size.count); });
  std::vector<unsigned long long> counts(sizes.size());
  const int got = virNodeGetFreePages(conn.get(), static_cast<unsigned>(asked.size()), asked.data(),
                                      -1, 1, counts.data(), 0);  // -1: of all NUMA cells together
  std::vector<FreePages> out;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    out.push_back({sizes[i], got < 0 ? 0 : static_cast<std::int64_t>(counts[i])});
  return out;
}

void read_memory(const Conn& conn, HostOffers& into) {
  virNodeInfo info{};
  if (virNodeGetInfo(conn.get(), &info) == 0)
    into.memory = {static_cast<std::int64_t>(info.memory)};
  into.free = {static_cast<std::int64_t>(virNodeGetFreeMemory(conn.get()) / 1024)};
}

void read_defined(const Conn& conn, HostOffers& into) {
  virDomainPtr* domains = nullptr;
  const int count =
      virConnectListAllDomains(conn.get(), &domains, VIR_CONNECT_LIST_DOMAINS_INACTIVE);
  for (int i = 0; i < count; ++i) {
    std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
    const bool known = virDomainGetUUIDString(domains[i], uuid.data()) == 0;
    if (const auto id = known ? VmId::parse(uuid.data()) : std::nullopt)
      into.defined.push_back(
          {*id, virDomainGetName(domains[i]), virDomainIsPersistent(domains[i]) != 0});
    virDomainFree(domains[i]);
  }
  std::free(domains);  // NOLINT(cppcoreguidelines-no-malloc): libvirt's malloc
}

HostOffers read_offers(const Conn& conn, const xml::Capabilities& capabilities) {
  HostOffers out;
  unsigned long version = 0;
  if (virConnectGetLibVersion(conn.get(), &version) == 0)
    out.libvirt_version = static_cast<std::int64_t>(version);
  if (virConnectGetVersion(conn.get(), &version) == 0)
    out.qemu_version = static_cast<std::int64_t>(version);
  out.uuid = capabilities.uuid;
  out.guests = capabilities.guests;
  out.huge_pages = free_pages(conn, capabilities.huge_page_sizes);
  read_memory(conn, out);
  read_defined(conn, out);
  return out;
}

void read_vm(const Conn& conn, const VmId& vm, const std::string& host_cpu, Survey& into) {
  const Domain domain{conn, vm};
  if (domain.get() == nullptr) return;
  const auto text = taken(virDomainGetXMLDesc(domain.get(), VIR_DOMAIN_XML_MIGRATABLE));
  auto read = text ? xml::read_domain(*text, host_cpu) : std::nullopt;
  if (!read) return;
  into.vms.push_back(std::move(read->needs));
  if (!read->cpu || std::ranges::count(into.cpus, read->cpu->id, &GuestCpu::id) > 0) return;
  into.cpus.push_back(*std::move(read->cpu));
}

// Against what QEMU can give on that host: the host's CPU itself says nothing of emulated ones.
CpuVerdict compare(const Conn& conn, const GuestCpu& cpu) {
  CpuVerdict out{cpu.id, CpuFit::unknown, {}};
  switch (virConnectCompareHypervisorCPU(conn.get(), nullptr, cpu.arch.c_str(), nullptr,
                                         cpu.virt.c_str(), cpu.xml.c_str(),
                                         VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE)) {
    case VIR_CPU_COMPARE_IDENTICAL: out.fit = CpuFit::identical; return out;
    case VIR_CPU_COMPARE_SUPERSET: out.fit = CpuFit::superset; return out;
    default: break;
  }
  const Fault fault = last_fault();
  if (fault.code == VIR_ERR_CPU_INCOMPATIBLE) out.fit = CpuFit::incompatible;
  out.why = fault.text;
  return out;
}

}  // namespace

Result<Survey> survey(const Conn& conn, const SurveyCall& call) {
  const auto text = taken(virConnectGetCapabilities(conn.get()));
  const auto capabilities = text ? xml::read_capabilities(*text) : std::nullopt;
  if (!capabilities)
    return failed(Errc::unreachable, "reading the capabilities", last_fault(),
                  "asked again when it is linked again");
  Survey out;
  out.offers = read_offers(conn, *capabilities);
  for (const VmId& vm : call.vms)
    read_vm(conn, vm, capabilities->cpu, out);
  for (const GuestCpu& cpu : call.cpus)
    out.fits.push_back(compare(conn, cpu));
  if (virConnectIsAlive(conn.get()) == 1) return out;
  return failed(Errc::unreachable, "surveying the host", last_fault(),
                "asked again when it is linked again");
}

}  // namespace drivers::libvirt
