// What only the host itself can see of whether VMs can come to it, for the hello.
#pragma once

#include <string_view>

#include "actors/ports/preflight.h"
#include "drivers/agent/agent_settings.h"

namespace drivers::agent {

/// A few system calls and small files: fit for the loop.
actors::ports::HostFacts read_host_facts(const AgentSettings& settings);

/// Sets of `facts` what the text of a qemu.conf sets: the user, the ports.
void read_qemu_conf(std::string_view text, actors::ports::HostFacts& facts);

}  // namespace drivers::agent
