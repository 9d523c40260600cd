// The port Hypervisor on the simulated world: links to hosts that are up, looks, migrations, and
// the news of both ends.
//
// A link is lost as with keepalives (2 s, three times) when its host goes down under it, and comes
// back a while after the host does.
#pragma once

#include <functional>
#include <map>
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
  /// The client of all links is gone, and nobody waits for answers.
  void client_ended();
  /// The host's libvirtd is another one now: its links are reset.
  void reset(std::size_t host);

  void open(const HostId& host, const std::string& uri) override;
  void close(const HostId& host) override;
  void look_up(const HostId& host, const VmId& vm,
               actors::ports::Done<actors::ports::DomainLook> done) override;
  void describe(const HostId& host, const VmId& vm, actors::ports::Done<std::string> done) override;
  void survey(const actors::ports::SurveyCall& call,
              actors::ports::Done<actors::ports::Survey> done) override;
  void migrate(const actors::ports::MigrateCall& call,
               actors::ports::Done<reactor::Unit> done) override;
  void pause_postcopy(const HostId& source, const VmId& vm,
                      actors::ports::Done<reactor::Unit> done) override;
  void resume_postcopy(const actors::ports::MigrateCall& call,
                       actors::ports::Done<reactor::Unit> done) override;
  void suspend(const HostId& host, const VmId& vm,
               actors::ports::Done<reactor::Unit> done) override;
  void destroy(const HostId& host, const VmId& vm,
               actors::ports::Done<reactor::Unit> done) override;
  void start(const HostId& host, const std::string& xml,
             actors::ports::Done<reactor::Unit> done) override;
  void switch_over(const HostId& source, const VmId& vm,
                   actors::ports::Done<reactor::Unit> done) override;
  void abort(const HostId& source, const VmId& vm,
             actors::ports::Done<reactor::Unit> done) override;

 private:
  void happened(std::size_t host, std::size_t vm, actors::ports::News news) override;
  void power_changed(std::size_t host) override;
  bool daemon_runs(std::size_t host) const;
  void refuse(const HostId& host, const std::string& why, actors::ports::Done<reactor::Unit> done);
  bool answers(std::size_t host) const;
  void connect(std::size_t host);
  void lose(std::size_t host);
  void unlink(std::size_t host, const std::string& why);
  void call_ends(int call, std::size_t source, const reactor::Result<reactor::Unit>& result);
  void call_ended(int call, const reactor::Result<reactor::Unit>& result);
  using Begin = std::function<void(const actors::ports::Done<reactor::Unit>& done)>;
  void begin_call(const HostId& at, actors::ports::Done<reactor::Unit> done, const Begin& begin);
  void migrate_now(const actors::ports::MigrateCall& call,
                   const actors::ports::Done<reactor::Unit>& done);
  void resume_now(const actors::ports::MigrateCall& call,
                  const actors::ports::Done<reactor::Unit>& done);
  using Stop = std::function<reactor::Result<reactor::Unit>(std::size_t vm)>;
  void stop(const HostId& source, const VmId& vm, actors::ports::Done<reactor::Unit> done,
            const Stop& how);

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
  struct Call {
    std::size_t source;
    actors::ports::Done<reactor::Unit> done;
  };
  std::map<int, Call> calls_;  ///< migrations asked for whose answers have yet to come
  int last_call_ = 0;
};

}  // namespace drivers::sim
