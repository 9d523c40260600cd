// VMs that are on hosts in part, on their way by a migration that no record follows: from where to
// where, as far as looks at the hosts tell.
#pragma once

#include "actors/pool/pool.h"

namespace actors {

struct Ends {
  HostId source, target;
};

/// Of a VM under way; none: it is not, or not both of them show yet.
std::optional<Ends> ends_of(const Pool& pool, const VmId& vm);
/// Some host has it in part.
bool passes(const Pool& pool, const VmId& vm);
/// Some VM leaves the host, and its target does not show yet.
bool leaves_for_nowhere(const Pool& pool, const Host& host);

}  // namespace actors
