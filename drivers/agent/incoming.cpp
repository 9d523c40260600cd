#include "drivers/agent/incoming.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace drivers::agent {

namespace {

using reactor::Errc;
using reactor::Error;
using reactor::Result;
using Connections = std::vector<TcpConnection>;

/// "socket:[12345]" -> 12345. None: something else.
std::optional<std::uint64_t> socket_inode(std::string_view link) {
  constexpr std::string_view kBefore = "socket:[", kAfter = "]";
  if (!link.starts_with(kBefore) || !link.ends_with(kAfter)) return std::nullopt;
  link = link.substr(kBefore.size(), link.size() - kBefore.size() - kAfter.size());
  const auto inode = to_number(link);
  return inode ? std::optional{static_cast<std::uint64_t>(*inode)} : std::nullopt;
}

// libvirt gives its QEMU the UUID on the command line: a pid file may be out of date.
bool runs(const std::string& process, const actors::VmId& vm) {
  const auto words = read_file(process + "/cmdline");
  return words && words->find('\0' + vm.text() + '\0') != std::string::npos;
}

}  // namespace

Result<std::set<std::uint64_t>> sockets_of(const AgentSettings& settings, const std::string& name,
                                           const actors::VmId& vm) {
  namespace fs = std::filesystem;
  const auto pid = read_number(settings.pid_folder + "/" + name + ".pid");
  const std::string process = settings.proc + "/" + std::to_string(pid.value_or(0));
  if (!pid || !runs(process, vm))
    return Error{Errc::refused,
                 "no process of " + name + " by its pid file in " + settings.pid_folder};
  std::set<std::uint64_t> sockets;
  std::error_code error;
  for (fs::directory_iterator one{process + "/fd", error}, end; !error && one != end;
       one.increment(error)) {
    std::error_code closed;  // meanwhile
    if (const auto inode = socket_inode(fs::read_symlink(one->path(), closed).string()))
      sockets.insert(*inode);
  }
  if (error) return Error{Errc::refused, "reading " + process + "/fd: " + error.message()};
  return sockets;
}

Result<Connections> quiet_incoming(const Connections& connections,
                                   const std::set<std::uint64_t>& sockets, PortRange ports) {
  Connections found;
  std::ranges::copy_if(connections, std::back_inserter(found), [&](const TcpConnection& one) {
    return sockets.contains(one.inode) && one.local_port >= ports.first &&
           one.local_port <= ports.last;
  });
  const std::string range =
      "ports " + std::to_string(ports.first) + " to " + std::to_string(ports.last);
  if (found.empty()) return Error{Errc::refused, "its process has no connection on " + range};
  const auto other = [&](const TcpConnection& one) {
    return one.local_port != found.front().local_port;
  };
  if (std::ranges::any_of(found, other))
    return Error{Errc::refused, "its process has connections on more than one of " + range};
  const auto newest = std::ranges::min(found, {}, &TcpConnection::quiet).quiet;
  if (newest < kQuiet)
    return Error{Errc::refused,
                 "data came by its connection " + std::to_string(newest.count()) + " ms ago"};
  return found;
}

Failure end_incoming(const AgentSettings& settings, const std::string& name, const actors::VmId& vm,
                     PortRange ports) {
  const auto sockets = sockets_of(settings, name, vm);
  if (!sockets.ok()) return sockets.error().detail;
  const auto connections = established_connections();
  if (!connections.ok()) return connections.error().detail;
  const auto found = quiet_incoming(connections.value(), sockets.value(), ports);
  if (!found.ok()) return found.error().detail;
  for (const TcpConnection& one : found.value())
    if (auto failure = end_connection(one)) return failure;
  return std::nullopt;
}

}  // namespace drivers::agent
