// What a host's capabilities say that the preflight wants to know. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/ports/preflight.h"

namespace drivers::xml {

struct Capabilities {
  std::string uuid;  ///< of the host
  std::string cpu;   ///< <cpu>, as libvirt compares it
  std::vector<actors::ports::GuestKind> guests;
  std::vector<actors::Kib> huge_page_sizes;  ///< that the kernel has, free or not
};

/// None: no capabilities.
std::optional<Capabilities> read_capabilities(std::string_view xml);

}  // namespace drivers::xml
