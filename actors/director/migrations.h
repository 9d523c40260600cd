// Migrations that are followed: each event to a record goes through here, so that nothing that it
// says gets lost. What it asks for is asked, and when it is over the VM and both hosts hear of it.
#pragma once

#include "actors/director/input.h"
#include "actors/director/vms.h"
#include "actors/pool/passing.h"

namespace actors {

class Migrations {
 public:
  /// Which end of which migration a host is for a VM.
  struct Side {
    MigrationId id;
    End end;
  };

  Migrations(Stage& stage, Vms& vms) : stage_(stage), pool_(stage.pool), vms_(vms) {}

  /// The VM sets out from where it is.
  void begin(const VmId& vm, const HostId& target);
  /// One that is an earlier controller's, or nobody's; its VM is told where.
  void adopt(const VmId& vm, const Ends& ends, Found found);
  /// None: no migration that is followed moves it from or to there.
  std::optional<Side> side(const HostId& host, const VmId& vm) const;

  void tell(const MigrationId& id, const MigrationEvent& event);
  void unlinked(const HostId& host);
  void tick();

  void take(const input::Counted& event);
  void take(const input::DefinitionDone& event);
  void take(const input::MigrateDone& event);
  void take(const input::ResumeDone& event);
  void take(const input::ClearingFailed& event);
  /// Only for orders that name a VM; those of power go to Hosts.
  void take(const input::AgentReply& event);
  void take(const input::OrderDone& event);

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("migrations_begun", self.begun_);
  }

 private:
  MigrationId next_id() { return {"m" + std::to_string(++begun_)}; }
  void follow(Migration migration);
  void put_on_record(const MigrationPlan& plan, PhaseChanged change);
  void add_commands(const MigrationPlan& plan, Reason& reason) const;
  void act(const MigrationPlan& plan, MigrationEffect effect);
  ports::MigrateCall call_of(const MigrationPlan& plan) const;
  ports::KeptMove kept_of(const MigrationPlan& plan, ports::KeptStage stage) const;
  void conclude(const MigrationId& id);
  void finish(const Migration& migration, Reason why);
  void came(const Migration& migration);
  void lose(const MigrationPlan& plan, Reason why);
  void close_definition(const Migration& migration);

  Stage& stage_;
  Pool& pool_;
  Vms& vms_;
  std::int64_t begun_ = 0;
};

}  // namespace actors
