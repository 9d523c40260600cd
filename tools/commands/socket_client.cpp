#include "tools/commands/socket_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace commands {

using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

Error socket_error(const std::string& what, const std::string& hint) {
  const Errc code = errno == EACCES ? Errc::refused : Errc::unreachable;
  return {code, what + ": " + std::strerror(errno) + hint};
}

}  // namespace

Result<SocketClient> SocketClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{Errc::refused, path + ": longer than a unix socket's path may be"};
  std::memcpy(address.sun_path, path.data(), path.size());
  SocketClient client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(client.fd_, generic, sizeof address) != 0)
    return socket_error("connecting to " + path,
                        " (does `nemuri run` run? --socket names another one)");
  return client;
}

SocketClient::~SocketClient() {
  if (fd_ >= 0) ::close(fd_);
}

SocketClient::SocketClient(SocketClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

Result<Unit> SocketClient::send_line(const std::string& line) {
  std::string out = line + "\n";
  while (!out.empty()) {
    const ssize_t sent = ::send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return socket_error("sending to nemuri", "");
    out.erase(0, static_cast<std::size_t>(sent));
  }
  return Unit{};
}

Result<std::optional<std::string>> SocketClient::read_line() {
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return std::optional{std::move(line)};
    }
    std::array<char, 65536> chunk{};
    const ssize_t got = ::read(fd_, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return socket_error("reading from nemuri", "");
    if (got == 0) return std::optional<std::string>{};
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

std::string socket_path(const std::string& given) {
  if (!given.empty()) return given;
  const char* set = std::getenv("NEMURI_SOCKET");
  return set ? set : "/var/lib/nemuri/nemuri.sock";
}

}  // namespace commands
