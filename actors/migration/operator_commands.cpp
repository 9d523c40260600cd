#include "actors/migration/operator_commands.h"

namespace actors {

namespace {

std::string destroy(const std::string& uri, const VmId& vm) {
  return "virsh -c " + uri + " destroy " + vm.text();
}

std::string state_of(const std::string& uri, const VmId& vm) {
  return "virsh -c " + uri + " domstate --reason " + vm.text();
}

/// Of a VM that nothing can save: both halves, then it can be started anew.
std::string destroy_both(const Trouble& trouble) {
  return destroy(trouble.target_uri, trouble.vm) + "; " + destroy(trouble.source_uri, trouble.vm);
}

}  // namespace

std::string commands_for(ReasonCode code, const Trouble& trouble) {
  switch (code) {
    case ReasonCode::half_open:
      return "on the target as root: ss -K state established dst ADDRESS_OF_SOURCE sport ge :49152 "
             "sport le :49215";
    case ReasonCode::needs_operator:
      return "virsh -c " + trouble.source_uri +
             " migrate --live --p2p --postcopy --postcopy-resume " + trouble.vm.text() + " " +
             trouble.target_uri;
    case ReasonCode::waits_for_nothing:
      return state_of(trouble.source_uri, trouble.vm) + "; " +
             state_of(trouble.target_uri, trouble.vm);
    case ReasonCode::runs_twice: return destroy(trouble.target_uri, trouble.vm);
    case ReasonCode::resume_stuck:
    case ReasonCode::lost: return destroy_both(trouble);
    default: return {};
  }
}

}  // namespace actors
