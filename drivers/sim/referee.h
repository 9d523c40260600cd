// The ports between the controller and the models, watched: what is asked for is judged, and after
// each turn DESIGN.md §8 is checked on the world, not on what the director thinks of it.
//
// What is broken is collected, so that whoever runs a simulation can name all of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/director.h"
#include "drivers/sim/models.h"

namespace drivers::sim {

class Referee final : public actors::ports::Hypervisor, public actors::ports::Orders {
 public:
  Referee(const reactor::Scheduler& loop, Models& models, const actors::Settings& settings)
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
  Models& models_;
  const actors::Settings settings_;
  std::map<actors::VmId, reactor::Instant> ended_;  ///< last migration's end
  std::vector<std::string> broken_;
  std::int64_t migrations_ = 0, suspends_ = 0;
};

}  // namespace drivers::sim
