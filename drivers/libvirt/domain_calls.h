// Looks at domains, and the short calls on them. All of them block: for threads of the control
// lane.
#pragma once

#include <string>
#include <vector>

#include "drivers/libvirt/connection.h"

namespace drivers::libvirt {

/// A reference to a domain, which keeps its connection.
class Domain {
 public:
  Domain(const Conn& conn, const actors::VmId& vm);
  ~Domain();
  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;
  virDomainPtr get() const { return domain_; }  ///< null: last_fault() says why

 private:
  virDomainPtr domain_;
};

/// All domains, running or not, in the order of their ids. Errors: unreachable.
reactor::Result<std::vector<actors::ports::DomainLook>> list(const Conn& conn);

/// See ports::Hypervisor. Errors: unreachable.
reactor::Result<actors::ports::DomainLook> look_up(const Conn& conn, const actors::VmId& vm);

/// See ports::Hypervisor. Errors: refused, unreachable.
reactor::Result<std::string> describe(const Conn& conn, const actors::VmId& vm);

/// See ports::Hypervisor. Errors: refused, unreachable, outcome_unknown.
reactor::Result<reactor::Unit> abort_job(const Conn& conn, const actors::VmId& vm);

/// See ports::Hypervisor. Errors: refused, unreachable, outcome_unknown.
reactor::Result<reactor::Unit> pause_postcopy(const Conn& conn, const actors::VmId& vm);

/// See ports::Hypervisor. Errors: refused, unreachable, outcome_unknown.
reactor::Result<reactor::Unit> suspend(const Conn& conn, const actors::VmId& vm);
reactor::Result<reactor::Unit> destroy(const Conn& conn, const actors::VmId& vm);
reactor::Result<reactor::Unit> start(const Conn& conn, const std::string& xml);

/// Has a migration that allows it go on as postcopy. Errors: refused (QEMU does not run it yet, or
/// no more), unreachable.
reactor::Result<reactor::Unit> start_postcopy(const Conn& conn, const actors::VmId& vm);

}  // namespace drivers::libvirt
