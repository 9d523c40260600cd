// A tail socket to test, and clients of it: plain sockets, read without waiting.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "drivers/local/line_server.h"
#include "tests/running_loop.h"

namespace tail_test {

using drivers::local::LineServer;
using namespace std::chrono_literals;

class Client {
 public:
  explicit Client(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connected = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~Client() { hang_up(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& text) {
    CHECK(write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void send_no_more() const { shutdown(fd_, SHUT_WR); }
  void hang_up() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  /// Takes what is there.
  void take() {
    std::array<char, 64 * 1024> room;
    for (;;) {
      const ssize_t size = ::read(fd_, room.data(), room.size());
      closed = size == 0;
      if (size <= 0) return;
      partial_.append(room.data(), static_cast<std::size_t>(size));
      std::size_t begin = 0;
      for (std::size_t end = 0; (end = partial_.find('\n', begin)) != partial_.npos;
           begin = end + 1)
        lines.push_back(partial_.substr(begin, end - begin));
      partial_.erase(0, begin);
    }
  }

  bool connected = false;
  bool closed = false;  ///< by the server
  std::vector<std::string> lines;

 private:
  int fd_;
  std::string partial_;
};

struct Tail {
  explicit Tail(std::size_t client_bytes = 4 << 20, std::size_t history_bytes = 16 << 20,
                reactor::Duration no_progress = 30s)
      : server(running.loop, {path, "", client_bytes, history_bytes, no_progress},
               [](const std::string& request) { return R"({"answer":)" + request + "}"; }) {
    REQUIRE(server.open().ok());
  }

  bool lines_of(Client& client, std::size_t count) {
    return running.until([&] {
      client.take();
      return client.lines.size() >= count;
    });
  }
  bool clients(std::size_t count) {
    return running.until([&] { return server.clients() == count; });
  }

  TempFolder folder;
  std::string path = folder.path / "tail.sock";
  RunningLoop running;
  LineServer server;
};

}  // namespace tail_test
