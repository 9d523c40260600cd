// A real redis-server for tests: a child in a folder of its own, on a unix socket and, if asked, on
// a TCP port. Ended by its PID, and its folder removed, whatever way the test ends.
#pragma once

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "drivers/redis/connection.h"
#include "reactor/loop.h"
#include "reactor/timer.h"

namespace redis_tests {

using reactor::Duration;

/// Runs the loop until `met` or for `limit`; says whether it was met.
inline bool run_until(reactor::Loop& loop, const std::function<bool()>& met,
                      Duration limit = Duration{10'000}) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + limit;
  reactor::Timer beat{loop, [] {}};
  beat.start(Duration{5}, Duration{5});
  while (!met() && Clock::now() < end)
    uv_run(loop.uv(), UV_RUN_ONCE);
  return met();
}

/// Runs the loop for a while in which something must NOT happen.
inline void run_for(reactor::Loop& loop, Duration time) {
  run_until(
      loop, [] { return false; }, time);
}

class TempFolder {
 public:
  TempFolder() {
    std::string path = "/tmp/nemuri-test-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// A TCP port of 127.0.0.1 that was free a moment ago.
inline int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    std::abort();
  close(fd);
  return ntohs(address.sin_port);
}

class RedisServer {
 public:
  /// `extra`: further arguments of redis-server.
  explicit RedisServer(bool tcp = false, std::vector<std::string> extra = {})
      : port_(tcp ? free_port() : 0), extra_(std::move(extra)) {
    start();
  }
  ~RedisServer() { kill(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  /// Starts it (again) and waits until it accepts connections.
  void start() {
    std::vector<std::string> words{"redis-server",
                                   "--port",
                                   std::to_string(port_),
                                   "--bind",
                                   "127.0.0.1",
                                   "--unixsocket",
                                   socket_path(),
                                   "--dir",
                                   folder_.path(),
                                   "--save",
                                   "",
                                   "--logfile",
                                   folder_.file("redis.log")};
    words.insert(words.end(), extra_.begin(), extra_.end());
    std::vector<char*> arguments;
    for (std::string& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (posix_spawnp(&pid_, "redis-server", nullptr, nullptr, arguments.data(), environ) != 0)
      std::abort();
    for (int i = 0; i < 1'000 && !accepts(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    if (!accepts()) std::abort();
  }

  void signal(int signum) const { ::kill(pid_, signum); }

  /// SIGKILL, and waits for its end.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  pid_t pid() const { return pid_; }
  int port() const { return port_; }
  std::string socket_path() const { return folder_.file("redis.sock"); }
  const TempFolder& folder() const { return folder_; }

  drivers::redis::Endpoint unix_endpoint() const {
    drivers::redis::Endpoint endpoint;
    endpoint.unix_path = socket_path();
    return endpoint;
  }
  drivers::redis::Endpoint tcp_endpoint() const {
    drivers::redis::Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = port_;
    return endpoint;
  }

 private:
  bool accepts() const {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    const bool ok = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(fd);
    return ok;
  }

  TempFolder folder_;
  int port_;
  std::vector<std::string> extra_;
  pid_t pid_ = 0;
};

/// Sends one command on a connection of its own (or a given one) and waits for the answer.
inline reactor::Result<drivers::redis::Value> ask(reactor::Loop& loop,
                                                  drivers::redis::Connection& connection,
                                                  std::vector<std::string> words) {
  bool answered = false;
  reactor::Result<drivers::redis::Value> answer{
      reactor::Error{reactor::Errc::unreachable, "test: no answer"}};
  if (!run_until(loop, [&] { return connection.up(); })) return answer;
  connection.command(std::move(words), [&](reactor::Result<drivers::redis::Value> reply) {
    answer = std::move(reply);
    answered = true;
  });
  run_until(loop, [&] { return answered; });
  return answer;
}

}  // namespace redis_tests
