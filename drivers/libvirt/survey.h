// Facts for the preflight, as libvirt of a host tells them. Blocks: for threads of the control
// lane.
#pragma once

#include "drivers/libvirt/connection.h"

namespace drivers::libvirt {

/// See ports::Hypervisor. What one question of it can't be answered is left empty or unknown, as a
/// driver may not know it. Errors: unreachable.
reactor::Result<actors::ports::Survey> survey(const Conn& conn,
                                              const actors::ports::SurveyCall& call);

}  // namespace drivers::libvirt
