// The other end of the tail socket, for commands: one request out, lines of JSON in. Blocks.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "reactor/result.h"

namespace commands {

class SocketClient {
 public:
  /// Errors: unreachable (nobody listens there), refused (no right to).
  static reactor::Result<SocketClient> connect(const std::string& path);
  ~SocketClient();
  SocketClient(SocketClient&& other) noexcept;
  SocketClient& operator=(SocketClient&&) = delete;

  reactor::Result<reactor::Unit> send_line(const std::string& line);
  /// The next line without its end; none: the other side closed. Errors: unreachable.
  reactor::Result<std::optional<std::string>> read_line();

 private:
  explicit SocketClient(int fd) : fd_(fd) {}

  int fd_ = -1;
  std::string buffer_;
};

/// `given`, or $NEMURI_SOCKET, or where `nemuri run` puts it by default.
std::string socket_path(const std::string& given);

}  // namespace commands
