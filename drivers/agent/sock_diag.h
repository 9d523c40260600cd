// TCP connections of this host, as the kernel's NETLINK_SOCK_DIAG has them, and an end to one.
//
// What `ss` and `ss -K` use, without a process in between: the kernel's own answer says whether it
// ended one, and a connection is meant by its cookie, so never by a later one of the same ports.
// A few system calls each: fit for the loop. Source: sock_diag(7), LAB.md §6 C5.
#pragma once

#include <linux/inet_diag.h>

#include <cstdint>
#include <vector>

#include "drivers/agent/files.h"
#include "reactor/result.h"
#include "reactor/time.h"

namespace drivers::agent {

struct TcpConnection {
  std::uint64_t inode = 0;  ///< as in /proc/PID/fd
  std::int64_t local_port = 0;
  reactor::Duration quiet{};  ///< since data came from the other end
  std::uint8_t family = 0;    ///< AF_INET, AF_INET6
  inet_diag_sockid id{};      ///< as the kernel names it, with its cookie
};

/// All established ones of this network namespace. Errors: unreachable (the kernel has no such
/// interface, or broke off).
reactor::Result<std::vector<TcpConnection>> established_connections();

/// Both ends hear of it where there is a way. One that is gone already counts as ended. Failure:
/// needs CAP_NET_ADMIN, and a kernel with CONFIG_INET_DIAG_DESTROY.
Failure end_connection(const TcpConnection& connection);

}  // namespace drivers::agent
