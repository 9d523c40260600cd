// Ends the connection by which a VM comes in whose source is gone: its QEMU only receives, so it
// may wait for ever (LAB.md §6 C5). Once it is told, it says that the postcopy failed, which can
// then be resumed.
//
// Only what is beyond doubt is ended: a connection of that VM's own process, on a port that
// libvirt has for migrations coming in, by which nothing comes any more.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "drivers/agent/agent_settings.h"
#include "drivers/agent/sock_diag.h"

namespace drivers::agent {

struct PortRange {
  std::int64_t first = 0, last = 0;
};

/// By which nothing came for so long has nobody at its other end who sends. One that lives brings
/// pages all the time.
inline constexpr reactor::Duration kQuiet{1'000};

/// The sockets in the process's table, by inode: of the process libvirt started for this VM, by
/// its pid file. Errors: refused (there is no such process).
reactor::Result<std::set<std::uint64_t>> sockets_of(const AgentSettings& settings,
                                                    const std::string& name,
                                                    const actors::VmId& vm);

/// Of all connections, those by which a migration comes in to the process with these sockets.
/// Pure. Errors: refused (there is none; data comes by it; on two ports, so one is something else).
reactor::Result<std::vector<TcpConnection>> quiet_incoming(
    const std::vector<TcpConnection>& connections, const std::set<std::uint64_t>& sockets,
    PortRange ports);

/// All of it, for a VM that libvirt says is coming in. Failure: why nothing was ended, or not all.
Failure end_incoming(const AgentSettings& settings, const std::string& name, const actors::VmId& vm,
                     PortRange ports);

}  // namespace drivers::agent
