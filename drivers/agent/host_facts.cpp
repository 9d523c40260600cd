#include "drivers/agent/host_facts.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "drivers/agent/files.h"

namespace drivers::agent {

namespace {

using actors::ports::ClockState;
using actors::ports::HostFacts;
using actors::ports::Userfaultfd;

// Tried, as no file says it of the kernel; this agent runs as root. A kernel that lets nobody else
// have one says so in the sysctl.
Userfaultfd userfaultfd(const AgentSettings& settings) {
  const auto fd = syscall(SYS_userfaultfd, O_CLOEXEC);
  if (fd < 0 && errno == ENOSYS) return Userfaultfd::none;
  if (fd >= 0) close(static_cast<int>(fd));
  const auto allowed = read_number(settings.proc + "/sys/vm/unprivileged_userfaultfd");
  return allowed.value_or(0) == 1 ? Userfaultfd::everybody : Userfaultfd::root;
}

ClockState clock_state() {
  timex state{};
  const int found = adjtimex(&state);
  if (found < 0) return ClockState::unknown;
  const bool free = found == TIME_ERROR || (state.status & STA_UNSYNC) != 0;
  return free ? ClockState::free_running : ClockState::synchronized;
}

std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET)
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (address->sa_family == AF_INET6)
    bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  if (bytes != nullptr) inet_ntop(address->sa_family, bytes, text.data(), text.size());
  return text.data();
}

// None: no address is set, or it is a name, which other hosts resolve.
std::optional<bool> is_here(const std::string& address) {
  in6_addr bytes{};
  const bool numeric = inet_pton(AF_INET, address.c_str(), &bytes) == 1 ||
                       inet_pton(AF_INET6, address.c_str(), &bytes) == 1;
  ifaddrs* list = nullptr;
  if (!numeric || getifaddrs(&list) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owned{list, freeifaddrs};
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next)
    if (one->ifa_addr != nullptr && text_of(one->ifa_addr) == address) return true;
  return false;
}

std::string_view without(std::string_view text, std::string_view around) {
  const auto first = text.find_first_not_of(around);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(around) - first + 1);
}

}  // namespace

// `key = value` or `key = "value"` lines; lists span lines, and are none of ours.
void read_qemu_conf(std::string_view text, HostFacts& facts) {
  while (!text.empty()) {
    const std::string_view line = without(next_line(text), " \t\r");
    const auto equals = line.find('=');
    if (line.starts_with('#') || equals == line.npos) continue;
    const std::string_view key = without(line.substr(0, equals), " \t");
    const std::string_view value = without(line.substr(equals + 1), " \t\"");
    const auto port = to_number(value);
    if (key == "user") facts.qemu_user = value;
    if (key == "migration_port_min" && port) facts.first_port = *port;
    if (key == "migration_port_max" && port) facts.last_port = *port;
  }
}

HostFacts read_host_facts(const AgentSettings& settings) {
  HostFacts facts;
  facts.userfaultfd = userfaultfd(settings);
  facts.address_here = is_here(settings.migration_address);
  facts.clock = clock_state();
  if (const auto conf = read_file(settings.qemu_conf)) read_qemu_conf(*conf, facts);
  return facts;
}

}  // namespace drivers::agent
