// What a domain's XML says for the inventory, above all: whether the VM can be moved, or why not.
//
// "Movable" here is what can be told on this host beforehand; libvirt and QEMU may still refuse (a
// CPU that differs, a network that is not there), and that is a failed migration, not ours to
// guess.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "actors/ports/facts.h"

namespace drivers::agent {

/// Whether a path is on storage that other hosts have too.
using IsShared = std::function<bool(const std::string& path)>;

/// None: it can be moved. Else why not, for people. Pure but for what `is_shared` does.
std::optional<std::string> why_unmovable(std::string_view xml, const IsShared& is_shared);

/// None: no domain XML with a name and a UUID.
std::optional<actors::ports::InventoryVm> read_domain(std::string_view xml,
                                                      const IsShared& is_shared);

/// By the type of its file system: NFS, CIFS, Ceph, GFS2, OCFS2, GPFS, Lustre, FUSE (GlusterFS).
/// May block as long as such a file system does.
bool on_network_file_system(const std::string& path);

}  // namespace drivers::agent
