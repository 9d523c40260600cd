// A line of the inventory from a domain's XML, above all: whether the VM can be moved, or why not.
//
// "Movable" here is what can be told on this host alone; whether another host can take it is the
// controller's preflight (actors/migration/preflight.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "actors/ports/facts.h"

namespace drivers::agent {

/// Whether a path is on storage that other hosts have too.
using IsShared = std::function<bool(const std::string& path)>;

/// None: no domain XML with a name and a UUID.
std::optional<actors::ports::InventoryVm> read_inventory(std::string_view xml,
                                                         const IsShared& is_shared);

/// By the type of its file system: NFS, CIFS, Ceph, GFS2, OCFS2, GPFS, Lustre, FUSE (GlusterFS).
/// May block as long as such a file system does.
bool on_network_file_system(const std::string& path);

}  // namespace drivers::agent
