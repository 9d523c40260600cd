// The port Hypervisor on the simulated world: links to hosts that are up, looks, migrations, and
// the news of both ends.
//
// A link is lost as with keepalives (2 s, three times) when its host goes down under it, and comes
// back a while after the host does.
#pragma once

#include <set>

#include "drivers/sim/faults.h"
#include "drivers/sim/migrator.h"

namespace drivers::sim {

class SimHypervisor final : public actors::ports::Hypervisor, private WorldListener {
 public:
  SimHypervisor(reactor::Scheduler& loop, World& world, Migrator& migrator, const Faults& faults);

  /// To be called before the loop runs.
  void tell(actors::ports::HypervisorListener& listener) { listener_ = &listener; }
  /// Faults of links have begun or ended.
  void check_links();

  void open(const HostId& host, const std::string& uri) override;
  void close(const HostId& host) override;
  void look_up(const HostId& host, const VmId& vm,
               actors::ports::Done<actors::ports::DomainLook> done) override;
  void describe(const HostId& host, const VmId& vm, actors::ports::Done<std::string> done) override;
  void migrate(const actors::ports::MigrateCall& call,
               actors::ports::Done<reactor::Unit> done) override;
  void abort(const HostId& source, const VmId& vm,
             actors::ports::Done<reactor::Unit> done) override;

 private:
  void happened(std::size_t host, std::size_t vm, actors::ports::News news) override;
  void power_changed(std::size_t host) override;
  bool answers(std::size_t host) const;
  void connect(std::size_t host);
  void lose(std::size_t host);
  void migrate_now(const actors::ports::MigrateCall& call,
                   const actors::ports::Done<reactor::Unit>& done);

  /// The host's place, if there is a link to it.
  std::optional<std::size_t> linked(const HostId& host) const;
  template <class T>
  void answer_unreachable(const HostId& host, const actors::ports::Done<T>& done);

  reactor::Scheduler& loop_;
  World& world_;
  Migrator& migrator_;
  const Faults& faults_;
  actors::ports::HypervisorListener* listener_ = nullptr;
  std::set<std::size_t> wanted_, linked_;
};

}  // namespace drivers::sim
