// What a person types where nemuri can't or may not go on by itself.
#pragma once

#include <string>
#include <string_view>

#include "actors/ports/preflight.h"
#include "actors/reason.h"

namespace actors {

/// A migration that is in trouble, as virsh names its parts.
struct Trouble {
  VmId vm;
  std::string source_uri{}, target_uri{};
  std::string source_address{};                                               ///< empty: not known
  std::int64_t first_port = ports::kFirstPort, last_port = ports::kLastPort;  ///< at its target
};

/// The host part of a URI of libvirt, as `ss` takes it. Empty: there is none (a local socket).
std::string address_in(std::string_view uri);

/// Stands before commands that are only for when the ones before it did not help.
inline constexpr std::string_view kGiveUp = "if that does not help, it is lost: ";

/// Commands, separated by "; ". Empty: that reason asks nothing of anybody.
std::string commands_for(ReasonCode code, const Trouble& trouble);

}  // namespace actors
