// Connections to libvirt daemons. Everything here blocks: for threads of a pool, not for the loop.
//
// A call that hangs is ended from the loop by EventLoop::cut() on the connection's owner,
// keepalives end it by themselves when the host is gone.
#pragma once

#include <libvirt/libvirt.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "actors/ports/hypervisor.h"
#include "drivers/libvirt/event_loop.h"
#include "drivers/libvirt/scope.h"
#include "drivers/settings.h"

namespace drivers::libvirt {

/// What libvirt said of the last call in this thread (its errors are kept per thread).
struct Fault {
  int code = 0;
  std::string text;
};
Fault last_fault();

/// "migrating VM x: libvirt says ...: what to do": the one form of this driver's errors.
reactor::Error failed(reactor::Errc code, std::string_view tried, const Fault& fault,
                      std::string_view what_to_do);

/// A counted reference to a connection. The last one closes it, so calls take a copy along.
class Conn {
 public:
  Conn() = default;
  /// Takes over a reference that virConnectOpen has given.
  explicit Conn(virConnectPtr taken) : conn_(taken) {}
  Conn(const Conn& other);
  Conn(Conn&& other) noexcept : conn_(std::exchange(other.conn_, nullptr)) {}
  Conn& operator=(Conn other) noexcept {
    std::swap(conn_, other.conn_);
    return *this;
  }
  ~Conn();
  virConnectPtr get() const { return conn_; }

 private:
  virConnectPtr conn_ = nullptr;
};

/// Opens `uri` with keepalives; its sockets belong to `owner`. Errors: unreachable.
reactor::Result<Conn> connect(const std::string& uri, const LibvirtSettings& settings, Owner owner);

struct LifecycleEvent {
  actors::VmId vm;
  int event = 0, detail = 0;
};
struct PassBegun {
  actors::VmId vm;
  int pass = 0;  ///< of precopy, from 1
};
struct Closed {
  std::string why;
};
/// What a connection says by itself.
using Announcement = std::variant<LifecycleEvent, PassBegun, actors::ports::MigrationStats, Closed>;

/// Runs on the loop, for each announcement, in libvirt's order.
using Hear = std::function<void(Announcement)>;

struct Ear;

/// A connection that is listened to. The destructor stops listening (which asks the daemon).
class LinkConnection {
 public:
  explicit LinkConnection(Conn conn);
  ~LinkConnection();
  LinkConnection(const LinkConnection&) = delete;
  LinkConnection& operator=(const LinkConnection&) = delete;

  /// Begins to listen. Errors: unreachable.
  reactor::Result<reactor::Unit> listen(Scope& scope, const Hear& hear);
  const Conn& conn() const { return conn_; }

 private:
  bool listen_to(int event_id, virConnectDomainEventGenericCallback call, Scope& scope,
                 const Hear& hear);

  Conn conn_;
  std::vector<int> callbacks_;
  std::unique_ptr<Ear> close_ear_;  ///< ours, as drivers without a daemon never free it
};

}  // namespace drivers::libvirt
