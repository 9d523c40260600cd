// One run of a scenario: the controller of production on the simulated world, in virtual time.
//
// After each turn DESIGN.md §8 is checked from outside, on the world and not on what the director
// thinks of it; what is broken is collected, so that a test can name all of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/controller.h"
#include "drivers/sim/models.h"
#include "reactor/virtual_loop.h"

namespace tests {

/// Ports between the controller and the models that note what is asked for, and judge it.
class Witness final : public actors::ports::Hypervisor, public actors::ports::Orders {
 public:
  Witness(const reactor::Scheduler& loop, drivers::sim::Models& models,
          const actors::Settings& settings)
      : loop_(loop), models_(models), settings_(settings) {}

  void open(const actors::HostId& host, const std::string& uri) override;
  void close(const actors::HostId& host) override;
  void look_up(const actors::HostId& host, const actors::VmId& vm,
               actors::ports::Done<actors::ports::DomainLook> done) override;
  void describe(const actors::HostId& host, const actors::VmId& vm,
                actors::ports::Done<std::string> done) override;
  void migrate(const actors::ports::MigrateCall& call,
               actors::ports::Done<reactor::Unit> done) override;
  void abort(const actors::HostId& source, const actors::VmId& vm,
             actors::ports::Done<reactor::Unit> done) override;
  void give(const actors::HostId& host, const actors::ports::Order& order,
            actors::ports::Done<actors::OrderId> done) override;

  /// After a turn.
  void check(const actors::Director& director);

  const std::vector<std::string>& broken() const { return broken_; }
  std::int64_t migrations() const { return migrations_; }
  std::int64_t suspends() const { return suspends_; }

 private:
  void expect(bool right, const std::string& what);
  bool in_use(std::size_t host) const;

  const reactor::Scheduler& loop_;
  drivers::sim::Models& models_;
  const actors::Settings settings_;
  std::map<actors::VmId, reactor::Instant> ended_;  ///< last migration's end
  std::vector<std::string> broken_;
  std::int64_t migrations_ = 0, suspends_ = 0;
};

class ScenarioRun {
 public:
  explicit ScenarioRun(const drivers::sim::Scenario& scenario);

  void run_until(reactor::Instant end);

  /// "12.300 vm vm0 parked -> departing: ..." each.
  const std::vector<std::string>& lines() const { return lines_; }
  const actors::Director& director() const { return controller_.director(); }
  drivers::sim::Models& models() { return models_; }
  const Witness& witness() const { return witness_; }

 private:
  void say(const std::string& tail_line);
  void tick();

  reactor::VirtualLoop loop_;
  drivers::sim::Models models_;
  Witness witness_;
  std::vector<std::string> lines_;
  actors::Controller controller_;
};

}  // namespace tests
