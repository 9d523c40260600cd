#include "actors/pool/doubt.h"

#include <algorithm>

namespace actors {

// A VM is `stranded` from when its migration broke until that is over, and there are few of them,
// so that asking costs nothing nearly everywhere.
std::optional<Reason> why_in_doubt(const Pool& pool, const HostId& host) {
  const auto& stranded = pool.in_state(VmState::stranded);
  const auto found = std::ranges::find_if(stranded, [&](const VmId& id) {
    const VmActor& vm = pool.vms.at(id).actor;
    return vm.host() == host || vm.target() == host;
  });
  if (found == stranded.end()) return std::nullopt;
  return Reason{
      .code = ReasonCode::end_in_doubt, .about = host.text, .detail = pool.name_of_vm(*found)};
}

}  // namespace actors
