#include "drivers/agent/sock_diag.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace drivers::agent {

namespace {

using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using Connections = std::vector<TcpConnection>;

constexpr std::uint32_t kEstablished = 1U << 1;  // TCP_ESTABLISHED of the kernel's tcp_states.h
constexpr std::size_t kBuffer = 32'768;          // what the kernel fills at a time
constexpr timeval kPatience{1, 0};               // it answers at once, or not at all

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

std::string word(int error) {
  return std::strerror(error);
}

/// A netlink socket, closed with it.
class Netlink {
 public:
  Netlink() : fd_(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  }
  ~Netlink() {
    if (fd_ >= 0) close(fd_);
  }
  Netlink(const Netlink&) = delete;
  Netlink& operator=(const Netlink&) = delete;

  bool ask(const Request& request) const {
    return send(fd_, &request, sizeof request, 0) == sizeof request;
  }
  /// Empty: errno says why.
  std::vector<char> answer() const {
    std::vector<char> buffer(kBuffer);
    const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
    buffer.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return buffer;
  }

 private:
  int fd_;
};

Request request(std::uint16_t type, std::uint16_t flags, std::uint8_t family) {
  Request out{};
  out.header.nlmsg_len = sizeof out;
  out.header.nlmsg_type = type;
  out.header.nlmsg_flags = NLM_F_REQUEST | flags;
  out.body.sdiag_family = family;
  out.body.sdiag_protocol = IPPROTO_TCP;
  out.body.idiag_states = kEstablished;
  return out;
}

/// What a message of `size` bytes carries behind its header. None: it is too short for that.
template <class T>
std::optional<T> content(const char* data, std::size_t size) {
  if (size < sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(&out, data, sizeof out);
  return out;
}

/// The kernel's tcp_info among the attributes; an older kernel's is shorter than ours.
Duration quiet_for(const char* data, std::size_t size) {
  while (const auto attribute = content<rtattr>(data, size)) {
    const std::size_t length = attribute->rta_len;
    if (length < sizeof(rtattr) || length > size) break;
    tcp_info info{};
    std::memcpy(&info, data + sizeof(rtattr), std::min(length - sizeof(rtattr), sizeof info));
    if (attribute->rta_type == INET_DIAG_INFO) return Duration{info.tcpi_last_data_recv};
    const std::size_t step = std::min<std::size_t>(RTA_ALIGN(length), size);
    data += step;
    size -= step;
  }
  return Duration{0};
}

TcpConnection read(const inet_diag_msg& found, Duration quiet) {
  return {.inode = found.idiag_inode,
          .local_port = ntohs(found.id.idiag_sport),
          .quiet = quiet,
          .family = found.idiag_family,
          .id = found.id};
}

/// The error in a message of type NLMSG_ERROR; 0: it is an acknowledgement.
int error_in(const char* data, std::size_t size) {
  const auto error = content<nlmsgerr>(data, size);
  return error ? -error->error : EBADMSG;
}

/// Adds what one buffer has in it. None: more is to come; else 0, or the error.
std::optional<int> take(const std::vector<char>& buffer, Connections& out) {
  const char* data = buffer.data();
  std::size_t left = buffer.size();
  while (const auto header = content<nlmsghdr>(data, left)) {
    const std::size_t length = header->nlmsg_len;
    if (length < NLMSG_HDRLEN || length > left) return EBADMSG;
    const char* body = data + NLMSG_HDRLEN;
    const std::size_t size = length - NLMSG_HDRLEN;
    if (header->nlmsg_type == NLMSG_DONE) return 0;
    if (header->nlmsg_type == NLMSG_ERROR) return error_in(body, size);
    if (const auto found = content<inet_diag_msg>(body, size))
      out.push_back(read(*found, quiet_for(body + sizeof *found, size - sizeof *found)));
    const std::size_t step = std::min<std::size_t>(NLMSG_ALIGN(length), left);
    data += step;
    left -= step;
  }
  return std::nullopt;
}

/// 0, or the error.
int list(std::uint8_t family, Connections& out) {
  const Netlink kernel;
  Request all = request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family);
  all.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  if (!kernel.ask(all)) return errno;
  for (;;) {
    const auto buffer = kernel.answer();
    if (buffer.empty()) return errno;
    if (const auto end = take(buffer, out)) return *end;
  }
}

}  // namespace

// A socket that listens on :: has its IPv4 connections under IPv6. A kernel without that has none.
Result<Connections> established_connections() {
  Connections out;
  int error = list(AF_INET, out);
  if (error == 0) error = list(AF_INET6, out);
  if (error == 0 || (error == ENOENT && !out.empty())) return out;
  return Error{Errc::unreachable, "listing TCP connections (NETLINK_SOCK_DIAG): " + word(error)};
}

Failure end_connection(const TcpConnection& connection) {
  const Netlink kernel;
  Request one = request(SOCK_DESTROY, NLM_F_ACK, connection.family);
  one.body.id = connection.id;
  const auto buffer = kernel.ask(one) ? kernel.answer() : std::vector<char>{};
  const bool answered = buffer.size() > NLMSG_HDRLEN;
  const int error =
      answered ? error_in(buffer.data() + NLMSG_HDRLEN, buffer.size() - NLMSG_HDRLEN) : errno;
  if (error == 0 || error == ENOENT) return std::nullopt;
  const std::string what = "ending a TCP connection (SOCK_DESTROY): " + word(error);
  if (error != EOPNOTSUPP) return what;
  return what + "; this kernel has no CONFIG_INET_DIAG_DESTROY";
}

}  // namespace drivers::agent
