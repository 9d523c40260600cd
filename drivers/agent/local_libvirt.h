// This host's own libvirt: one connection, and the questions the agent has. Every call blocks, so
// none is for the loop's thread; any other thread may call, several at once.
//
// The connection is opened by the first call and, after it broke, by the first call after a pause
// (0.5 s doubling to 10 s); until then calls fail at once. No keepalives: the way is a unix socket,
// and they would need an event loop here. A daemon that hangs makes a call hang: LibvirtWorker's
// limits.
#pragma once

#include <libvirt/libvirt.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "drivers/agent/counters.h"
#include "reactor/result.h"

namespace drivers::agent {

class LocalLibvirt {
 public:
  explicit LocalLibvirt(std::string uri);
  ~LocalLibvirt();
  LocalLibvirt(const LocalLibvirt&) = delete;
  LocalLibvirt& operator=(const LocalLibvirt&) = delete;

  /// All active domains, by one call. Errors of this and the others: unreachable.
  reactor::Result<DomainList> counters();

  /// All active domains with their properties. Those that are only defined here run elsewhere or
  /// nowhere, and the controller sees them through its own link.
  reactor::Result<std::vector<actors::ports::InventoryVm>> inventory();

  /// What stands against a suspend: "vm1 runs here", "vm2 is arriving". Empty: no domain is here.
  reactor::Result<std::vector<std::string>> residents();

  /// The name of a domain that waits for pages of its postcopy, or for its start by one. Needs no
  /// job lock, so it is answered also where the monitor hangs. Errors also: refused (it is not
  /// here, or waits for nobody).
  reactor::Result<std::string> waiting(const actors::VmId& vm);

 private:
  struct Close {
    void operator()(virConnect* connection) const { virConnectClose(connection); }
  };
  using Connection = std::unique_ptr<virConnect, Close>;

  reactor::Result<virConnectPtr> open();
  Connection connection(reactor::Error& error);
  reactor::Error failed(const char* tried);

  const std::string uri_;
  std::mutex mutex_;
  Connection connection_;  ///< under mutex_, and so are these
  std::chrono::steady_clock::time_point next_try_{};
  std::chrono::milliseconds pause_;
};

}  // namespace drivers::agent
