// libvirt's bulk statistics as DomainCounters: one call for all domains of the host.
#pragma once

#include <libvirt/libvirt.h>

#include <optional>

#include "drivers/agent/counters.h"

namespace drivers::agent {

/// Blocks, at worst 30 s for a domain whose monitor hangs (LAB.md §7). None: virGetLastError()
/// knows.
std::optional<DomainList> read_domain_stats(virConnectPtr connection);

}  // namespace drivers::agent
