// Hosts on which a VM's life hangs: the ends of a migration that broke and is not over. More load
// there, or a sleep, may cost it, so nothing is begun at either of them.
#pragma once

#include "actors/pool/pool.h"

namespace actors {

/// Why nothing may be moved from or to the host: it is an end of a migration that is apart
/// (stranded, recovering, clearing). None: it is not.
std::optional<Reason> why_in_doubt(const Pool& pool, const HostId& host);

}  // namespace actors
