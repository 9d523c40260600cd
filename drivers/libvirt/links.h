// The links to the hosts' libvirtds: connected in threads, listened to, looked at, connected again.
//
// A link is up when its connection has been listened to from before the moment at which all domains
// were looked at; if anything was announced meanwhile it looks again (a few times at most), so that
// what `linked` tells is newer than all news told before it. News of an event can still come after
// a look that shows its effect, as libvirtd gives events no order with answers; a look that is
// older than news told before it cannot.
//
// All methods on the loop; nothing here blocks it. A connection attempt, its look included, has
// `call_limit` from when a thread takes it; a close runs in a thread, too, and has the same. An
// address that is silent never gets a thread (reach.h). A TLS handshake that stalls is the one
// thing that is not limited.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "drivers/libvirt/connection.h"
#include "drivers/libvirt/reach.h"
#include "reactor/pool.h"

namespace drivers::libvirt {

struct LinkEvents {
  std::function<void(const actors::HostId&, std::vector<actors::ports::DomainLook>)> linked;
  std::function<void(const actors::HostId&, std::string why)> unlinked;
  /// All but Closed. Between linked and unlinked only.
  std::function<void(const actors::HostId&, const Announcement&)> announced;
};

/// A link that is up, for calls on it.
struct OpenLink {
  Conn conn;
  Owner owner = 0;  ///< another one after each reconnect
  std::string uri;
};

class Links {
 public:
  Links(reactor::Loop& loop, Scope& scope, EventLoop& events, const LibvirtSettings& settings,
        Owner& last_owner, LinkEvents told);
  ~Links();
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;

  void open(const actors::HostId& host, const std::string& uri);
  void close(const actors::HostId& host);
  std::optional<OpenLink> find(const actors::HostId& host) const;
  /// What the last attempt met. Empty: none has failed, or it is up.
  std::string why_down(const actors::HostId& host) const;

 private:
  enum class State { connecting, up, waiting };
  struct Link {
    std::string uri;
    State state = State::waiting;
    Owner attempt = 0;  ///< new for each connection and wait, so that late answers are told apart
    reactor::Duration pause{};
    int looks = 0;
    std::vector<Announcement> early;  ///< since the look began
    std::string why_down;
  };
  using Looks = reactor::Result<std::vector<actors::ports::DomainLook>>;

  Link* current(const actors::HostId& host, Owner attempt);
  void connect(const actors::HostId& host);
  void reached(const actors::HostId& host, Owner attempt, bool silent);
  void look(const actors::HostId& host, Owner attempt);
  void limit(const actors::HostId& host, Owner attempt);
  Looks connect_and_look(const std::string& uri, Owner attempt, const Hear& hear);
  void looked(const actors::HostId& host, Owner attempt, const Looks& looks);
  void settle(const actors::HostId& host, Owner attempt, const Looks& looks);
  void hear(const actors::HostId& host, Owner attempt, const Announcement& announcement);
  void lose(const actors::HostId& host, Link& link, const std::string& why);
  void retry(const actors::HostId& host, Link& link, const std::string& why);
  void retire(Owner attempt);
  void dispose(Owner attempt);

  Scope& scope_;
  EventLoop& events_;
  LibvirtSettings settings_;
  Owner& last_owner_;
  LinkEvents told_;
  Reach reach_;
  std::map<actors::HostId, Link> links_;

  mutable std::mutex mutex_;
  /// Under mutex_: threads put them in, and take them out to close them.
  std::map<Owner, std::unique_ptr<LinkConnection>> connections_;
  reactor::Pool pool_;  ///< last: its threads end before what they use
};

}  // namespace drivers::libvirt
