#include "drivers/agent/local_libvirt.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "drivers/agent/domain_stats.h"
#include "drivers/agent/movability.h"

namespace drivers::agent {

namespace {

using namespace std::chrono_literals;
using actors::ports::InventoryVm;
using reactor::Errc;
using reactor::Error;
using reactor::Result;

constexpr auto kFirstPause = 500ms, kLongestPause = 10'000ms;

std::string last_error() {
  const virError* error = virGetLastError();
  return error != nullptr && error->message != nullptr ? error->message : "no error was given";
}

/// virConnectListAllDomains' array, with what is in it.
class Domains {
 public:
  explicit Domains(virConnectPtr connection)
      : count_(virConnectListAllDomains(connection, &list_, VIR_CONNECT_LIST_DOMAINS_ACTIVE)) {}
  ~Domains() {
    for (virDomainPtr domain : *this)
      virDomainFree(domain);
    std::free(list_);
  }
  Domains(const Domains&) = delete;
  Domains& operator=(const Domains&) = delete;

  bool good() const { return count_ >= 0; }
  virDomainPtr* begin() const { return list_; }
  virDomainPtr* end() const { return count_ > 0 ? list_ + count_ : list_; }

 private:
  virDomainPtr* list_ = nullptr;
  int count_;
};

// A domain that ended while we were asking is none of this host's any more.
std::optional<InventoryVm> describe(virDomainPtr domain) {
  char* xml = virDomainGetXMLDesc(domain, 0);
  if (xml == nullptr) return std::nullopt;
  auto vm = read_inventory(xml, on_network_file_system);
  std::free(xml);
  return vm;
}

// A precopy that comes in looks like a postcopy before its switch: the source's end tells them
// apart, and the controller has looked at it. One that failed by libvirt's word may not know of it.
bool waits_for_source(virDomainPtr domain) {
  int state = 0, reason = 0;
  if (virDomainGetState(domain, &state, &reason, 0) < 0) return false;
  const bool runs =
      reason == VIR_DOMAIN_RUNNING_POSTCOPY || reason == VIR_DOMAIN_RUNNING_POSTCOPY_FAILED;
  return (state == VIR_DOMAIN_RUNNING && runs) ||
         (state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_MIGRATION);
}

std::string resident(virDomainPtr domain) {
  const std::string name = virDomainGetName(domain);
  int state = 0, reason = 0;
  if (virDomainGetState(domain, &state, &reason, 0) < 0) return name + " is here";
  if (state == VIR_DOMAIN_RUNNING) return name + " runs here";
  if (state != VIR_DOMAIN_PAUSED) return name + " is here";
  if (reason == VIR_DOMAIN_PAUSED_MIGRATION) return name + " is arriving or leaving";
  if (reason == VIR_DOMAIN_PAUSED_POSTCOPY || reason == VIR_DOMAIN_PAUSED_POSTCOPY_FAILED)
    return name + " still has pages here (postcopy)";
  return name + " is paused here";
}

}  // namespace

// libvirt prints errors on stderr unless told not to; ours are in the Results.
LocalLibvirt::LocalLibvirt(std::string uri) : uri_(std::move(uri)), pause_(kFirstPause) {
  virInitialize();
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
}

LocalLibvirt::~LocalLibvirt() = default;

Result<DomainList> LocalLibvirt::counters() {
  Error error;
  const Connection connection = this->connection(error);
  if (!connection) return error;
  auto list = read_domain_stats(connection.get());
  if (!list) return failed("reading the domains' statistics");
  return std::move(*list);
}

Result<std::vector<InventoryVm>> LocalLibvirt::inventory() {
  Error error;
  const Connection connection = this->connection(error);
  if (!connection) return error;
  const Domains domains{connection.get()};
  if (!domains.good()) return failed("listing the domains");
  std::vector<InventoryVm> inventory;
  for (virDomainPtr domain : domains)
    if (auto vm = describe(domain)) inventory.push_back(std::move(*vm));
  std::ranges::sort(inventory, {}, &InventoryVm::vm);
  return inventory;
}

Result<std::vector<std::string>> LocalLibvirt::residents() {
  Error error;
  const Connection connection = this->connection(error);
  if (!connection) return error;
  const Domains domains{connection.get()};
  if (!domains.good()) return failed("listing the domains");
  std::vector<std::string> residents;
  for (virDomainPtr domain : domains)
    residents.push_back(resident(domain));
  return residents;
}

Result<std::string> LocalLibvirt::waiting(const actors::VmId& vm) {
  Error error;
  const Connection connection = this->connection(error);
  if (!connection) return error;
  const std::unique_ptr<virDomain, int (*)(virDomainPtr)> domain{
      virDomainLookupByUUIDString(connection.get(), vm.text().c_str()), virDomainFree};
  if (!domain && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
    return Error{Errc::refused, "it is not here"};
  if (!domain) return failed("looking for a domain");
  if (waits_for_source(domain.get())) return std::string{virDomainGetName(domain.get())};
  return Error{Errc::refused, resident(domain.get()) + ", and waits for no source"};
}

// A reference of its own for each call, so that one that hangs does not lose it to another's close.
LocalLibvirt::Connection LocalLibvirt::connection(Error& error) {
  const std::lock_guard lock{mutex_};
  if (!connection_) {
    const auto opened = open();
    if (!opened.ok()) {
      error = opened.error();
      return nullptr;
    }
    connection_.reset(opened.value());
  }
  virConnectRef(connection_.get());
  return Connection{connection_.get()};
}

Result<virConnectPtr> LocalLibvirt::open() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_try_) return Error{Errc::unreachable, "libvirt at " + uri_ + " is down"};
  virConnectPtr connection = virConnectOpen(uri_.c_str());
  if (connection == nullptr) {
    next_try_ = now + pause_;
    pause_ = std::min<std::chrono::milliseconds>(pause_ * 2, kLongestPause);
    return Error{Errc::unreachable, "connecting to libvirt at " + uri_ + ": " + last_error()};
  }
  pause_ = kFirstPause;
  return connection;
}

Error LocalLibvirt::failed(const char* tried) {
  Error error{Errc::unreachable,
              std::string{tried} + " of libvirt at " + uri_ + ": " + last_error()};
  const std::lock_guard lock{mutex_};
  if (connection_ && virConnectIsAlive(connection_.get()) != 1) connection_.reset();
  return error;
}

}  // namespace drivers::agent
