#include "drivers/agent/movability.h"

#include <sys/vfs.h>

#include <algorithm>
#include <array>

#include "drivers/xml/domain_xml.h"

namespace drivers::agent {

namespace {

std::optional<std::string> why_unmovable(const actors::ports::VmNeeds& needs,
                                         const IsShared& is_shared) {
  if (!needs.ties.empty()) return needs.ties.front().what;
  for (const std::string& file : needs.files)
    if (!is_shared(file))
      return "local disk " + file + " (file, not on shared storage, not marked shareable)";
  return std::nullopt;
}

}  // namespace

std::optional<actors::ports::InventoryVm> read_inventory(std::string_view xml,
                                                         const IsShared& is_shared) {
  const auto read = drivers::xml::read_domain(xml);
  if (!read) return std::nullopt;
  const actors::ports::VmNeeds& needs = read->needs;
  return actors::ports::InventoryVm{needs.vm, needs.name, read->vcpus, needs.memory,
                                    why_unmovable(needs, is_shared)};
}

bool on_network_file_system(const std::string& path) {
  constexpr std::array<std::uint32_t, 10> kNetwork{
      0x6969,      // NFS
      0xFF534D42,  // CIFS
      0xFE534D42,  // SMB2
      0x00C36400,  // Ceph
      0x01161970,  // GFS2
      0x7461636F,  // OCFS2
      0x47504653,  // GPFS
      0x0BD00BD0,  // Lustre
      0x65735546,  // FUSE
      0x01021997,  // 9P
  };
  struct statfs found {};
  if (statfs(path.c_str(), &found) != 0) return false;
  return std::ranges::find(kNetwork, static_cast<std::uint32_t>(found.f_type)) != kNetwork.end();
}

}  // namespace drivers::agent
