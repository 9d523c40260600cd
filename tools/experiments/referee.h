// The ports between the controller and the models, watched: what is asked for is judged, and after
// each turn DESIGN.md §8 is checked on the world, not on what the director thinks of it.
//
// What is broken is collected, so that whoever runs a simulation can name all of it. Only what has
// changed since the last turn is looked at.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "actors/director/director.h"
#include "drivers/sim/models.h"

namespace experiments {

namespace sim = drivers::sim;

class Referee final : public actors::ports::Hypervisor,
                      public actors::ports::Orders,
                      private sim::WorldListener {
 public:
  Referee(const reactor::Scheduler& loop, sim::Models& models, const actors::Settings& settings);

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
  void give(const actors::HostId& host, const actors::ports::Order& order,
            actors::ports::Done<actors::OrderId> done) override;

  /// Nothing tells it of migrations that failed before: those VMs are where they were.
  void controller_starts();

  /// After a turn.
  void check(const actors::Director& director);

  const std::vector<std::string>& broken() const { return broken_; }
  std::int64_t migrations() const { return migrations_; }
  std::int64_t suspends() const { return suspends_; }

 private:
  void happened(std::size_t host, std::size_t vm, actors::ports::News news) override;
  void power_changed(std::size_t host) override { hosts_changed_.insert(host); }
  void broke(const std::string& rule, const std::string& who);
  bool in_use(std::size_t host) const;
  void check_host(std::size_t host);
  void check_vm(std::size_t vm);
  void check_desks(const actors::Pool& pool);

  const reactor::Scheduler& loop_;
  sim::Models& models_;
  const actors::Settings settings_;
  struct Ended {
    reactor::Instant at;
    bool arrived;
  };
  std::map<std::size_t, Ended> ended_;  ///< of a VM: its last migration's end
  std::set<std::size_t> hosts_changed_, vms_changed_;
  std::vector<std::string> broken_;
  std::int64_t migrations_ = 0, suspends_ = 0;
};

}  // namespace experiments
