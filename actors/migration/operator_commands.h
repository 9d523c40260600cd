// What a person types where nemuri can't or may not go on by itself.
#pragma once

#include "actors/ports/ids.h"
#include "actors/reason.h"

namespace actors {

/// A migration that is in trouble, as virsh names its parts.
struct Trouble {
  VmId vm;
  std::string source_uri, target_uri;
};

/// Commands, separated by "; ". Empty: that reason asks nothing of anybody.
std::string commands_for(ReasonCode code, const Trouble& trouble);

}  // namespace actors
