#include "drivers/libvirt/domain_calls.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "drivers/libvirt/mapping.h"

namespace drivers::libvirt {

using actors::VmId;
using actors::ports::DomainLook;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

constexpr std::string_view kRelinks = "the driver connects again by itself";

bool alive(const Conn& conn) {
  return virConnectIsAlive(conn.get()) == 1;
}

// libvirt has no call that says "is a migration's job active" without waiting for the domain's job
// lock (30 s while a monitor hangs). So: what the state implies is not asked for, and a domain
// whose lock somebody has held for long is not asked either.
bool lock_is_stuck(virDomainPtr domain) {
  constexpr unsigned kLongMs = 500;
  virDomainControlInfo control{};
  if (virDomainGetControlInfo(domain, &control, 0) != 0) return false;
  return control.state != VIR_DOMAIN_CONTROL_OK && control.stateTime > kLongMs;
}

bool has_job(virDomainPtr domain) {
  if (lock_is_stuck(domain)) return false;
  virDomainJobInfo job{};
  if (virDomainGetJobInfo(domain, &job) == 0) return job.type != VIR_DOMAIN_JOB_NONE;
  // A target answers that statistics are kept at the source: so there is one.
  return last_fault().code == VIR_ERR_OPERATION_INVALID &&
         last_fault().text.find("migration statistics") != std::string::npos;
}

VmId id_of(virDomainPtr domain) {
  std::array<char, VIR_UUID_STRING_BUFLEN> text{};
  if (virDomainGetUUIDString(domain, text.data()) != 0) return {};
  return VmId::parse(text.data()).value_or(VmId{});
}

// None: it is gone, or the connection is.
std::optional<DomainLook> look(virDomainPtr domain) {
  int state = 0;
  int reason = 0;
  virDomainInfo info{};
  if (virDomainGetState(domain, &state, &reason, 0) != 0) return std::nullopt;
  if (virDomainGetInfo(domain, &info) != 0) return std::nullopt;
  DomainLook out;
  out.vm = id_of(domain);
  out.state = to_state(state, reason);
  out.name = virDomainGetName(domain);
  out.vcpus = info.nrVirtCpu;
  out.max_memory = {static_cast<std::int64_t>(info.maxMem)};
  const bool executes = out.state != actors::ports::DomainState::shut_off;
  out.job = means_job(out.state) || (executes && has_job(domain));
  return out;
}

Error unreachable(std::string_view tried) {
  return failed(Errc::unreachable, tried, last_fault(), kRelinks);
}

std::string on(std::string_view what, const VmId& vm) {
  return std::string{what} + " VM " + vm.text();
}

}  // namespace

Domain::Domain(const Conn& conn, const VmId& vm)
    : domain_(virDomainLookupByUUIDString(conn.get(), vm.text().c_str())) {}

Domain::~Domain() {
  if (domain_ != nullptr) virDomainFree(domain_);
}

Result<std::vector<DomainLook>> list(const Conn& conn) {
  virDomainPtr* domains = nullptr;
  const int count = virConnectListAllDomains(conn.get(), &domains, 0);
  if (count < 0) return unreachable("listing domains");
  std::vector<DomainLook> looks;
  for (int i = 0; i < count; ++i) {
    if (auto one = look(domains[i])) looks.push_back(std::move(*one));
    virDomainFree(domains[i]);
  }
  std::free(domains);  // NOLINT(cppcoreguidelines-no-malloc): libvirt's malloc
  if (!alive(conn)) return unreachable("looking at all domains");
  std::ranges::sort(looks, {}, &DomainLook::vm);
  return looks;
}

Result<DomainLook> look_up(const Conn& conn, const VmId& vm) {
  const Domain domain{conn, vm};
  if (domain.get() != nullptr)
    if (auto found = look(domain.get())) return std::move(*found);
  const int code = last_fault().code;
  const bool absent = code == VIR_ERR_NO_DOMAIN || code == VIR_ERR_INVALID_ARG;
  if (!absent) return unreachable(on("looking at", vm));
  DomainLook none;
  none.vm = vm;
  return none;
}

Result<std::string> describe(const Conn& conn, const VmId& vm) {
  const std::string tried = on("reading the definition of", vm);
  const Domain domain{conn, vm};
  char* xml =
      domain.get() == nullptr
          ? nullptr
          : virDomainGetXMLDesc(domain.get(), VIR_DOMAIN_XML_MIGRATABLE | VIR_DOMAIN_XML_SECURE);
  if (xml == nullptr) {
    const Fault fault = last_fault();
    if (!alive(conn)) return failed(Errc::unreachable, tried, fault, kRelinks);
    return failed(Errc::refused, tried, fault, "is it on this host, and may we read its secrets?");
  }
  std::string out{xml};
  std::free(xml);  // NOLINT(cppcoreguidelines-no-malloc): libvirt's malloc
  return out;
}

namespace {

/// Ends the domain's job as these flags say.
Result<Unit> end_job(const Conn& conn, const VmId& vm, std::string_view doing, unsigned flags) {
  const std::string tried = on(doing, vm);
  const Domain domain{conn, vm};
  if (domain.get() != nullptr && virDomainAbortJobFlags(domain.get(), flags) == 0) return Unit{};
  const Fault fault = last_fault();
  if (!alive(conn) && domain.get() == nullptr)
    return failed(Errc::unreachable, tried, fault, kRelinks);
  if (!alive(conn))
    return failed(Errc::outcome_unknown, tried, fault, "look at both ends of the migration");
  if (fault.code == VIR_ERR_OPERATION_TIMEOUT)
    return failed(Errc::outcome_unknown, tried, fault, "look at both ends of the migration");
  return failed(Errc::refused, tried, fault,
                "look at both ends: its migration has gone on or ended");
}

}  // namespace

Result<Unit> abort_job(const Conn& conn, const VmId& vm) {
  return end_job(conn, vm, "aborting the migration of", 0);
}

Result<Unit> pause_postcopy(const Conn& conn, const VmId& vm) {
  return end_job(conn, vm, "stopping the postcopy of", VIR_DOMAIN_ABORT_JOB_POSTCOPY);
}

namespace {

/// A call that takes the domain alone.
Result<Unit> simply(const Conn& conn, const VmId& vm, std::string_view doing,
                    int (*call)(virDomainPtr), const char* mend) {
  const Domain domain{conn, vm};
  if (domain.get() != nullptr && call(domain.get()) == 0) return Unit{};
  const Fault fault = last_fault();
  return failed(alive(conn) ? Errc::refused : Errc::outcome_unknown, on(doing, vm), fault, mend);
}

}  // namespace

Result<Unit> suspend(const Conn& conn, const VmId& vm) {
  return simply(conn, vm, "suspending", virDomainSuspend, "look whether it still runs");
}

Result<Unit> destroy(const Conn& conn, const VmId& vm) {
  return simply(conn, vm, "destroying", virDomainDestroy, "look whether it is still there");
}

Result<Unit> start(const Conn& conn, const std::string& xml) {
  const virDomainPtr domain = virDomainCreateXML(conn.get(), xml.c_str(), 0);
  if (domain == nullptr) {
    const Fault fault = last_fault();
    return failed(alive(conn) ? Errc::refused : Errc::outcome_unknown,
                  "starting a VM from its kept definition", fault, "look whether it is there");
  }
  virDomainFree(domain);
  return Unit{};
}

Result<Unit> start_postcopy(const Conn& conn, const VmId& vm) {
  const std::string tried = on("switching to postcopy", vm);
  const Domain domain{conn, vm};
  if (domain.get() != nullptr && virDomainMigrateStartPostCopy(domain.get(), 0) == 0) return Unit{};
  const Fault fault = last_fault();
  return failed(alive(conn) ? Errc::refused : Errc::unreachable, tried, fault,
                "tried again as long as the migration lives");
}

}  // namespace drivers::libvirt
