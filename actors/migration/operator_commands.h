// What a person types where nemuri can't or may not go on by itself.
#pragma once

#include <string>
#include <string_view>

#include "actors/ports/ids.h"
#include "actors/reason.h"

namespace actors {

/// A migration that is in trouble, as virsh names its parts.
struct Trouble {
  VmId vm;
  std::string source_uri{}, target_uri{};
  std::string source_address{};                          ///< empty: not known
  std::int64_t first_port = 49'152, last_port = 49'215;  ///< of migrations to its target
};

/// The host part of a URI of libvirt, as `ss` takes it. Empty: there is none (a local socket).
std::string address_in(std::string_view uri);

/// What they begin with that are only for when those before them do not help.
inline constexpr std::string_view kGiveUp = "if that does not help, it is lost: ";

/// Commands, separated by "; ". Empty: that reason asks nothing of anybody.
std::string commands_for(ReasonCode code, const Trouble& trouble);

}  // namespace actors
