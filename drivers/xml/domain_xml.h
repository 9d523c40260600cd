// What a domain's XML says of the VM: what it needs of a host, and what ties it to the one it is
// on. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "actors/ports/preflight.h"

namespace drivers::xml {

struct DomainFacts {
  actors::ports::VmNeeds needs;
  std::int32_t vcpus = 1;                      ///< at present
  std::optional<actors::ports::GuestCpu> cpu;  ///< the one that `needs.cpu` names
};

/// None: no domain XML with a name and a UUID. `host_cpu`: <cpu> of its host's capabilities, which
/// stands for a CPU in mode host-passthrough; empty: not known, then that CPU is not either.
std::optional<DomainFacts> read_domain(std::string_view xml, const std::string& host_cpu = {});

}  // namespace drivers::xml
