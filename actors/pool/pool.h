// The pool as the director knows it and as a policy may look at it: hosts, VMs, migrations.
//
// Data and what can be counted from it; nothing here decides. Indexes (who is where, who is in
// which state) are derived and not part of a snapshot.
#pragma once

#include <map>
#include <set>

#include "actors/host/admission_desk.h"
#include "actors/host/host_actor.h"
#include "actors/host/host_load.h"
#include "actors/host/sample_guard.h"
#include "actors/host/wake_record.h"
#include "actors/migration/migration.h"
#include "actors/migration/preflight.h"
#include "actors/ports/stream.h"
#include "actors/vm/vm_actor.h"

namespace actors {

/// Who is on a host or on the way to it.
struct Occupancy {
  std::set<VmId> residents;
  std::set<VmId> listening;  ///< of them: whose actors want to hear what their windows say
  std::int64_t coming = 0;   ///< VMs that move to it or wait for it
  std::int64_t moves = 0;    ///< migrations that have an end here
  Kib memory;                ///< maximum memory of the residents
  std::set<std::pair<std::string, VmId>> names;  ///< of the residents
};

/// Of a VM that is on a host in part.
struct Part {
  ports::DomainState state = ports::DomainState::absent;  ///< as last looked at
  std::string name{};                                     ///< the VM's, for people; may be empty
  /// It is half of a migration, nothing tells of its other half, and since when; while that is so.
  std::optional<reactor::Instant> alone_since{};
  bool told = false;  ///< people were
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("state", self.state)("name", self.name)("alone_since", self.alone_since);
    archive("told", self.told);
  }
};

/// A move whose definition is kept, and that no record follows.
struct Kept {
  ports::KeptMove move;
  bool told = false;  ///< that it can't be followed
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("move", self.move)("told", self.told);
  }
};

struct Host {
  HostPlan plan;
  HostActor actor;
  SampleGuard guard;
  HostLoad load;
  AdmissionDesk desk;  ///< of a warehouse node
  std::optional<ports::HostHello> hello;
  bool reading_hello = false;
  reactor::Instant read_hello_again{};
  bool link_open = false, linked = false;
  bool known = false;  ///< its domains were listed since the link came up
  bool met = false;    ///< they were listed once, or it said that it sleeps
  /// What is here in part, and no record follows: on its way by a migration that is not ours, or
  /// left over from a VM that is lost.
  std::map<VmId, Part> passing;
  reactor::Instant look_again{};  ///< at those
  // For the preflight, as its libvirt said last; kept while it sleeps.
  std::optional<ports::HostOffers> offers;
  std::map<CpuId, ports::CpuVerdict> fits;
  reactor::Instant surveying_until{};  ///< asked, and worth waiting for until then
  std::optional<OrderId> suspend_order;
  WakeRecord wakes;
  BootId slept_boot;  ///< in which it came to be asleep; empty: not known
  reactor::Instant drill_not_before{};
  bool wakes_read = false;          ///< what is kept of them beyond our start
  bool reserve = false;             ///< kept awake, or woken, though nobody needs it
  std::optional<std::string> said;  ///< the last thing it waits for that was put on the tail
  bool said_idle = false;           ///< in a dry run: that it would be put to sleep

  // Derived.
  Occupancy use;
  std::optional<std::size_t> order;                    ///< in conf.yaml; none: not there any more
  reactor::Instant look_at = reactor::Instant::max();  ///< the Agenda's
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("plan", self.plan)("actor", self.actor)("guard", self.guard)("load", self.load);
    archive("desk", self.desk);
    archive("hello", self.hello)("reading_hello", self.reading_hello);
    archive("read_hello_again", self.read_hello_again);
    archive("link_open", self.link_open)("linked", self.linked)("known", self.known);
    archive("met", self.met);
    archive("passing", self.passing)("look_again", self.look_again);
    archive("offers", self.offers)("fits", self.fits)("surveying_until", self.surveying_until);
    archive("suspend_order", self.suspend_order)("wakes", self.wakes);
    archive("slept_boot", self.slept_boot)("drill_not_before", self.drill_not_before);
    archive("wakes_read", self.wakes_read)("reserve", self.reserve)("said", self.said);
    archive("said_idle", self.said_idle);
  }
};

/// Its libvirt, as the controller and other hosts reach it: conf.yaml's word, else its agent's.
std::string libvirt_uri_of(const Host& host);

/// Why a VM can't be moved to that host: the preflight's finding, as a reason.
Reason cannot_take(const HostId& target, const preflight::Finding& no);

/// What the pool's indexes know of a VM, as they were built from it last.
struct Place {
  VmState state = VmState::gone;
  HostId host, target;
  std::string name;
  Kib memory;
  bool listens = false, waits = false, flaps = false;
  std::optional<reactor::Instant> asks_at;
  friend bool operator==(const Place&, const Place&) = default;
};

struct Vm {
  VmActor actor;
  std::string name;
  std::int64_t vcpus = 1;
  Kib max_memory;
  std::optional<std::string> unmovable;  ///< as the agent of its host says
  bool listed = false;                   ///< in an agent's inventory: its movability is known
  std::optional<ports::VmNeeds> needs;   ///< of a host, by its definition
  Place place;                           ///< derived
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("actor", self.actor)("name", self.name)("vcpus", self.vcpus);
    archive("max_memory_kib", self.max_memory)("unmovable", self.unmovable)("listed", self.listed);
    archive("needs", self.needs);
  }
};

struct Pool {
  Pool() = default;
  Pool(Pool&&) = default;
  Pool& operator=(Pool&&) = default;
  Pool(const Pool&) = delete;  // indexes point into it
  Pool& operator=(const Pool&) = delete;
  ~Pool() = default;

  Settings settings;
  std::map<HostId, Host> hosts;
  std::map<VmId, Vm> vms;
  std::map<CpuId, ports::GuestCpu> cpus;        ///< that VMs have, or had
  std::map<MigrationId, Migration> migrations;  ///< those that are not over; by add() and end()
  /// Left by an earlier controller, and not yet seen to; or of VMs that are lost.
  std::map<VmId, Kept> kept;

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("settings", self.settings)("hosts", self.hosts)("vms", self.vms);
    archive("cpus", self.cpus)("migrations", self.migrations)("kept", self.kept);
  }

  /// Null: it is not there (any more).
  Host* find(const HostId& host);
  /// Hosts of a role, in the order of conf.yaml.
  const std::vector<const Host*>& in_order(Role role) const;
  const std::set<VmId>& residents(const HostId& host) const;
  const std::set<VmId>& in_state(VmState state) const;
  /// VMs whose move was decided and has not begun: their target is not there yet.
  const std::set<VmId>& waiting() const { return waiting_; }
  /// VMs that go out and back too often.
  const std::set<VmId>& flapping() const { return flapping_; }
  /// VMs that stand in some desk's queue.
  std::size_t at_desks() const { return in_state(VmState::queued).size() - asking_.size(); }
  /// VMs that ask for a warehouse node now.
  std::set<VmId> asking(reactor::Instant now) const;
  /// VMs that run there, are coming, or have pages there.
  static std::int64_t needed_by(const Host& host);
  std::int64_t needed_by(const HostId& host) const;
  const Migration* migration_of(const VmId& vm) const;

  Mcores capacity(const Host& host) const;
  DeskLimits desk_limits(const Host& host) const;
  /// Its average as a share of its capacity; none: window not covered, or capacity unknown.
  std::optional<std::int64_t> load_pct(const Host& host) const;
  bool overloaded(const Host& host) const;
  std::optional<Mcores> average(const VmId& vm) const;
  std::string name_of_vm(const VmId& vm) const;

  /// What stands against the VM's going there, as far as both are known
  /// (actors/migration/preflight.h).
  std::optional<preflight::Finding> obstacle(const Host& target, const VmId& id) const;
  /// Why none of the other hosts can take it, and how to mend the first; none: one can, or might.
  std::optional<std::string> why_nowhere(const VmId& id) const;

  /// To be called after a VM's actor was told anything, or its name or memory is known. False: it
  /// is where the indexes have it.
  bool index(const VmId& id);
  void forget(const VmId& id);
  void add(Migration migration);
  void end(const MigrationId& id);
  /// To be called after `settings.hosts` or `hosts` changed.
  void order_hosts();
  void rebuild_index();
  /// Whether a snapshot's parts fit together: whoever is named is there, and each VM under way has
  /// its migration. What the actors say of themselves is theirs.
  bool consistent() const;

 private:
  bool consistent(const VmId& id, const Vm& vm) const;
  bool consistent(const MigrationId& id, const Migration& migration) const;

  std::optional<preflight::Finding> obstacle(
      const Host& target, const VmId& id, const std::vector<ports::DefinedDomain>* running) const;
  void enter(const VmId& id, const Place& place);
  void leave(const VmId& id, const Place& place);
  void count_moves(const MigrationPlan& plan, std::int64_t by);

  std::map<VmState, std::set<VmId>> by_state_;
  std::set<VmId> waiting_, flapping_;
  std::set<std::pair<reactor::Instant, VmId>> asking_;  ///< from when on, who
  std::array<std::vector<const Host*>, names(Role{}).size()> in_order_;
};

}  // namespace actors
