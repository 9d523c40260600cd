// The port Hypervisor on libvirt 9: links to the hosts' libvirtds, looks, migrations.
//
// Nothing here blocks the loop: libvirt's calls run in threads of three lanes that never take from
// one another: links (links.h), control calls (control_lane.h) and migrations (migrate_call.h). A
// call ends, whatever the other side does: keepalives end it when the host is gone, cutting its
// socket when libvirtd hangs. So the destructor cuts all sockets and waits for the threads: a call
// that has begun to connect by TCP is the one thing it may wait for. A migration goes on without
// us; libvirtd of its source drives it.
//
// Switching to postcopy is done here, since it has to follow faster than the director's tick: at
// once means as soon as libvirt accepts it, after one pass means when the second begins. At most
// one at a time in a process (event_loop.h).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "actors/ports/hypervisor.h"
#include "drivers/libvirt/control_lane.h"
#include "drivers/libvirt/links.h"
#include "drivers/libvirt/migrate_call.h"

namespace drivers::libvirt {

class Hypervisor final : public actors::ports::Hypervisor {
 public:
  /// `listener` outlives this. It is told on the loop, outside of all calls to this.
  Hypervisor(reactor::Loop& loop, const LibvirtSettings& settings,
             actors::ports::HypervisorListener& listener);
  ~Hypervisor() override;

  void open(const actors::HostId& host, const std::string& uri) override;
  void close(const actors::HostId& host) override;
  void look_up(const actors::HostId& host, const actors::VmId& vm,
               actors::ports::Done<actors::ports::DomainLook> done) override;
  void describe(const actors::HostId& host, const actors::VmId& vm,
                actors::ports::Done<std::string> done) override;
  void survey(const actors::ports::SurveyCall& call,
              actors::ports::Done<actors::ports::Survey> done) override;
  void migrate(const actors::ports::MigrateCall& call,
               actors::ports::Done<reactor::Unit> done) override;
  void pause_postcopy(const actors::HostId& source, const actors::VmId& vm,
                      actors::ports::Done<reactor::Unit> done) override;
  void resume_postcopy(const actors::ports::MigrateCall& call,
                       actors::ports::Done<reactor::Unit> done) override;
  void suspend(const actors::HostId& host, const actors::VmId& vm,
               actors::ports::Done<reactor::Unit> done) override;
  void destroy(const actors::HostId& host, const actors::VmId& vm,
               actors::ports::Done<reactor::Unit> done) override;
  void start(const actors::HostId& host, const std::string& xml,
             actors::ports::Done<reactor::Unit> done) override;
  void switch_over(const actors::HostId& source, const actors::VmId& vm,
                   actors::ports::Done<reactor::Unit> done) override;
  void abort(const actors::HostId& source, const actors::VmId& vm,
             actors::ports::Done<reactor::Unit> done) override;

  /// Why there is no link to the host: what its last attempt met. Empty: none has failed.
  std::string why_unlinked(const actors::HostId& host) const { return links_.why_down(host); }

  /// Threads of control calls that have not come back by their deadlines.
  std::size_t hung() const { return lane_.hung(); }

 private:
  struct Migration {
    actors::ports::MigrateCall call;
    actors::ports::Done<reactor::Unit> done;
    Owner link = 0;      ///< of the source, when it began: another one now means news was lost
    int passes = 0;      ///< begun, as far as news has told
    bool asked = false;  ///< to switch, and not refused
    int tries = 0;
  };

  template <class T>
  void call(const actors::HostId& host, const std::string& what, reactor::Errc late,
            std::function<reactor::Result<T>(const Conn&)> run, actors::ports::Done<T> done);
  LinkEvents link_events();
  void announced(const actors::HostId& host, const Announcement& announcement);
  void on_pass(const actors::HostId& source, const PassBegun& pass);
  void on_linked(const actors::HostId& host);
  void try_switch(Owner id);
  /// Its place among those that run; none: it was answered.
  std::optional<Owner> begin(const actors::ports::MigrateCall& call, MigrateKind kind,
                             actors::ports::Done<reactor::Unit> done);
  void migrated(Owner id, const MigrateEnd& end);
  reactor::Result<reactor::Unit> judge(const Migration& migration, const MigrateEnd& end) const;

  LibvirtSettings settings_;
  actors::ports::HypervisorListener& listener_;
  EventLoop events_;
  Scope scope_;
  Owner last_owner_ = 0;
  std::map<Owner, Migration> migrations_;  ///< calls that have not ended, by their sockets' owner
  Links links_;
  ControlLane lane_;
  reactor::Pool migrate_pool_;
};

}  // namespace drivers::libvirt
