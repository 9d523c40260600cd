#include "actors/migration/operator_commands.h"

namespace actors {

namespace {

std::string destroy(const std::string& uri, const VmId& vm) {
  return "virsh -c " + uri + " destroy " + vm.text();
}

std::string state_of(const std::string& uri, const VmId& vm) {
  return "virsh -c " + uri + " domstate --reason " + vm.text();
}

// Of all VMs that come from that source: a person can't tell its connections apart by their
// processes as easily as the agent does.
std::string end_incoming(const Trouble& trouble) {
  const std::string from = trouble.source_address.empty() ? "" : " dst " + trouble.source_address;
  return "on the target as root: ss -K state established" + from +
         " sport ge :" + std::to_string(trouble.first_port) +
         " sport le :" + std::to_string(trouble.last_port);
}

/// Of a VM that nothing can save: both halves, then it can be started anew.
std::string destroy_both(const Trouble& trouble) {
  return destroy(trouble.target_uri, trouble.vm) + "; " + destroy(trouble.source_uri, trouble.vm);
}

std::string give_up(const Trouble& trouble) {
  return std::string{kGiveUp} + destroy_both(trouble);
}

}  // namespace

std::string address_in(std::string_view uri) {
  const auto mark = uri.find("://");
  if (mark == uri.npos) return {};
  std::string_view place = uri.substr(mark + 3);
  place = place.substr(0, place.find_first_of("/?"));
  if (const auto user = place.find('@'); user != place.npos) place.remove_prefix(user + 1);
  const auto bracket = place.starts_with('[') ? place.find(']') : 0;  // an IPv6 address has colons
  return std::string{place.substr(0, place.find(':', bracket))};
}

std::string commands_for(ReasonCode code, const Trouble& trouble) {
  switch (code) {
    case ReasonCode::half_open: return end_incoming(trouble) + "; " + give_up(trouble);
    case ReasonCode::needs_operator:
      return "virsh -c " + trouble.source_uri +
             " migrate --live --p2p --postcopy --postcopy-resume " + trouble.vm.text() + " " +
             trouble.target_uri + "; " + give_up(trouble);
    case ReasonCode::waits_for_nothing:
      return state_of(trouble.source_uri, trouble.vm) + "; " +
             state_of(trouble.target_uri, trouble.vm);
    case ReasonCode::runs_twice: return destroy(trouble.target_uri, trouble.vm);
    case ReasonCode::shut_down_moving:
    case ReasonCode::resume_stuck:
    case ReasonCode::lost: return destroy_both(trouble);
    default: return {};
  }
}

}  // namespace actors
