#include "drivers/agent/incoming.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/redis/redis_fixture.h"
#include "tests/vm_id.h"

using namespace drivers::agent;
using reactor::Duration;
using redis_tests::TempFolder;

namespace {

constexpr PortRange kPorts{49'152, 49'215};

TcpConnection connection(std::uint64_t inode, std::int64_t port, Duration quiet) {
  return {.inode = inode, .local_port = port, .quiet = quiet};
}

/// Two ends of a TCP connection in this process, by IPv6's way for IPv4 as a QEMU that listens on
/// :: has it, or by IPv4.
class Pair {
 public:
  explicit Pair(int family) {
    const int listens = socket(family, SOCK_STREAM, 0);
    sockaddr_in6 any{};  // room for either
    any.sin6_family = static_cast<sa_family_t>(family);
    const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    REQUIRE(bind(listens, reinterpret_cast<sockaddr*>(&any), size) == 0);
    REQUIRE(listen(listens, 1) == 0);
    socklen_t length = sizeof any;
    getsockname(listens, reinterpret_cast<sockaddr*>(&any), &length);
    port_ = ntohs(any.sin6_port);  // at the same place in both
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = any.sin6_port;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    source_ = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(connect(source_, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0);
    target_ = accept(listens, nullptr, nullptr);
    close(listens);
  }
  ~Pair() {
    close(source_);
    close(target_);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  std::uint64_t inode() const {
    struct stat found {};
    fstat(target_, &found);
    return found.st_ino;
  }
  std::int64_t port() const { return port_; }
  void send_to_target() const { REQUIRE(write(source_, "x", 1) == 1); }
  /// What the target's program finds: 0 while all is well, or the error.
  int target_error() const {
    char byte = 0;
    return recv(target_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno != EAGAIN ? errno : 0;
  }

 private:
  int source_ = -1, target_ = -1;
  std::int64_t port_ = 0;
};

std::optional<TcpConnection> found(std::uint64_t inode) {
  const auto all = established_connections();
  REQUIRE(all.ok());
  const auto one = std::ranges::find(all.value(), inode, &TcpConnection::inode);
  return one == all.value().end() ? std::nullopt : std::optional{*one};
}

/// /proc and pid files as of a QEMU that is this process.
struct Host {
  TempFolder folder;
  AgentSettings settings;

  explicit Host(const std::string& command_line) {
    settings.proc = folder.file("proc");
    settings.pid_folder = folder.path();
    std::filesystem::create_directories(settings.proc + "/4711");
    std::filesystem::create_directory_symlink("/proc/self/fd", settings.proc + "/4711/fd");
    std::ofstream{settings.proc + "/4711/cmdline"} << command_line;
    std::ofstream{folder.file("vm0.pid")} << "4711\n";
  }
  static std::string of(const actors::VmId& vm) {
    using namespace std::string_literals;
    return "qemu\0-uuid\0"s + vm.text() + "\0-m\0"s + "96";
  }
};

bool may_end() {
  return geteuid() == 0;
}

}  // namespace

TEST_CASE(
    "incoming: connections of its process on migration ports, all of them, if all are quiet") {
  const std::vector<TcpConnection> all{connection(1, 49'152, Duration{5'000}),
                                       connection(2, 49'152, Duration{1'000}),
                                       connection(3, 49'153, Duration{5'000}),  // another's
                                       connection(4, 5'900, Duration{5'000})};  // its console
  const auto quiet = quiet_incoming(all, {1, 2, 4}, kPorts);
  REQUIRE(quiet.ok());
  REQUIRE(quiet.value().size() == 2);
  CHECK(quiet.value()[0].inode == 1);
  CHECK(quiet.value()[1].inode == 2);
}

TEST_CASE("incoming: none, one by which data comes, or two ports: nothing is ended, and why") {
  const auto why = [](const std::vector<TcpConnection>& all) {
    return quiet_incoming(all, {1, 2}, kPorts).error().detail;
  };
  const auto old = connection(1, 49'152, Duration{5'000});
  CHECK(why({connection(1, 49'151, Duration{5'000}), connection(2, 49'216, Duration{5'000}),
             connection(3, 49'152, Duration{5'000})}) ==
        "its process has no connection on ports 49152 to 49215");
  CHECK(why({old, connection(2, 49'152, Duration{999})}) ==
        "data came by its connection 999 ms ago");
  CHECK(why({old, connection(2, 49'160, Duration{5'000})}) ==
        "its process has connections on more than one of ports 49152 to 49215");
}

TEST_CASE("incoming: sockets of the process in the pid file, if it is that VM's") {
  const auto vm = vm_id("a");
  const Pair pair{AF_INET};
  const Host right{Host::of(vm)}, another{Host::of(vm_id("b"))};
  CHECK(sockets_of(right.settings, "vm0", vm).value().contains(pair.inode()));
  CHECK_FALSE(sockets_of(another.settings, "vm0", vm).ok());
  CHECK_FALSE(sockets_of(right.settings, "vm1", vm).ok());
}

// The kernel counts in ticks; how long the machine takes is no matter.
constexpr Duration kTick{20};

TEST_CASE("incoming: the kernel tells how long a connection has been quiet") {
  for (const int family : {AF_INET, AF_INET6}) {
    const Pair pair{family};
    std::this_thread::sleep_for(std::chrono::milliseconds{60});
    REQUIRE(found(pair.inode()));
    CHECK(found(pair.inode())->local_port == pair.port());
    CHECK(found(pair.inode())->quiet >= Duration{50});
    const auto sent = std::chrono::steady_clock::now();
    pair.send_to_target();
    const Duration quiet = found(pair.inode())->quiet;
    CHECK(quiet <= std::chrono::steady_clock::now() - sent + kTick);
  }
}

TEST_CASE("incoming: a connection is ended, no other one, and its program is told") {
  for (const int family : {AF_INET, AF_INET6}) {
    const Pair pair{family}, other{family};
    const auto failure = end_connection(*found(pair.inode()));
    if (!may_end()) {
      CHECK(failure->find("not permitted") != std::string::npos);
      continue;
    }
    CHECK_FALSE(failure);
    CHECK_FALSE(found(pair.inode()));
    CHECK(pair.target_error() == ECONNABORTED);
    CHECK(found(other.inode()));
    CHECK(other.target_error() == 0);
  }
}

TEST_CASE("incoming: gone meanwhile: it is ended, and one of the same ports is not touched") {
  const Pair pair{AF_INET};
  auto gone = *found(pair.inode());
  gone.id.idiag_cookie[0] += 1;
  const auto failure = end_connection(gone);
  CHECK((!failure || !may_end()));
  CHECK(found(pair.inode()));
}

TEST_CASE("incoming: all of it: only after a second of quiet") {
  const auto vm = vm_id("a");
  const Host host{Host::of(vm)};
  const Pair pair{AF_INET6};
  const PortRange ports{pair.port(), pair.port()};
  CHECK(end_incoming(host.settings, "vm0", vm, ports)->starts_with("data came by"));
  std::this_thread::sleep_for(kQuiet + Duration{50});
  const auto failure = end_incoming(host.settings, "vm0", vm, ports);
  CHECK(failure.has_value() != may_end());
  CHECK((pair.target_error() == ECONNABORTED) == may_end());
}
