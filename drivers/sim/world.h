// The simulated data centre itself: hosts, the domains on them, who gets how much CPU, who sleeps.
//
// Only what physics and libvirtd would do; it decides nothing and knows no controller. Agents,
// hypervisor and wake models (sim_*.h) work on it. CPU counters are brought up to date when they
// are read and before anything changes, so nothing has to run between two changes. A domain is one
// VM's presence on one host: during a migration there are two of them, as with libvirt.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "actors/ports/facts.h"
#include "drivers/sim/load_tape.h"
#include "drivers/sim/scenario.h"
#include "drivers/sim/sla.h"
#include "reactor/scheduler.h"

namespace drivers::sim {

using actors::HostId;
using actors::VmId;
using reactor::Instant;

enum class HostPower { awake, going_down, asleep, coming_up, off };

struct Domain {
  std::size_t vm = 0;
  actors::ports::DomainState state = actors::ports::DomainState::running;
  bool job = false;           ///< a migration of it is active on this side
  std::int64_t slow_pct = 0;  ///< of what its VM wants: waits for pages instead
  Ucores rate = 0;            ///< gets now
  std::int64_t cpu_ns = 0;    ///< since this domain began; starts anew at a migration's target
};

/// Does its VM run there?
bool executes(const Domain& domain);

struct Host {
  HostModel model;
  HostPower power = HostPower::awake;
  Instant since{};  ///< of `power`
  int changes = 0;  ///< of `power`: what was to follow an earlier one does not
  std::vector<Domain> domains;
  std::int64_t cpu_ns = 0;      ///< of the whole host
  Ucores moving = 0;            ///< used now by what migrations send and receive
  Ucores used = 0;              ///< now, by all on it
  std::int64_t milliwatts = 0;  ///< drawn now
  std::int64_t energy_uj = 0;   ///< drawn since the beginning, microjoules: mW for one ms each
  Sla sla{};                    ///< of its VMs; one that is paused asks for nothing
  Instant counted{};            ///< all counters are true as of then
};

/// The domain that a VM had where it was last; on no host yet: none.
struct LeftBehind {
  std::optional<std::size_t> host;
  std::int64_t cpu_ns = 0;  ///< of that domain, at its end
};

struct Vm {
  VmModel model;
  VmId id;
  LoadTape tape;
  std::vector<std::size_t> on;  ///< hosts with a domain of it, two during a migration
  LeftBehind left{};
  Ucores wants = 0;
  std::int64_t lost_ns = 0;  ///< CPU time it wanted on a host and did not get
  bool lost = false;         ///< for good: a part of it was on hardware that failed
  bool off = false;          ///< its guest shut itself down
  bool runs_nowhere() const { return lost || off; }
};

/// The UUID of the VM at this place in the scenario's list; that of the first one is
/// "00000000-0000-4000-8000-000000000001".
VmId vm_id(std::size_t place);

/// Who watches a host: its libvirtd's clients and its agent.
class WorldListener {
 public:
  virtual ~WorldListener() = default;
  virtual void happened(std::size_t host, std::size_t vm, actors::ports::News news) = 0;
  virtual void power_changed(std::size_t host) = 0;
};

class World {
 public:
  World(reactor::Scheduler& loop, const Scenario& scenario);

  /// Told of everything, in the order added; must outlive the world's last event.
  void add(WorldListener& listener) { listeners_.push_back(&listener); }

  const std::vector<Host>& hosts() const { return hosts_; }
  const std::vector<Vm>& vms() const { return vms_; }
  std::optional<std::size_t> find(const HostId& host) const;
  std::optional<std::size_t> find(const VmId& vm) const;
  const Domain* domain(std::size_t host, std::size_t vm) const;
  actors::ports::DomainLook look(std::size_t host, std::size_t vm) const;
  /// With counters as of now.
  const Host& counted(std::size_t host);

  // What libvirtd and QEMU do.
  void appear(std::size_t host, std::size_t vm, actors::ports::DomainState state);
  /// Started, not migrated there: it is a whole VM again, whatever became of it before.
  void begin(std::size_t host, std::size_t vm);
  void set_state(std::size_t host, std::size_t vm, actors::ports::DomainState state, bool job);
  /// The VM waits for its pages in so much of the time that it would run.
  void slow_down(std::size_t host, std::size_t vm, std::int64_t pct);
  /// CPU that the host spends on migrations from now on.
  void spend_on_moving(std::size_t host, Ucores cpu);
  void vanish(std::size_t host, std::size_t vm);
  /// Its guest, which executes there, does.
  void shut_down(std::size_t host, std::size_t vm);
  void lose(std::size_t vm) { vms_[vm].lost = true; }
  void announce(std::size_t host, std::size_t vm, actors::ports::News news);

  // What the hardware does. Each has no effect on a host that is on its way already.
  void suspend(std::size_t host);
  void resume(std::size_t host);
  /// Power is gone at once, and so is what ran.
  void crash(std::size_t host);
  /// Up again after a crash, with nothing on it.
  void boot(std::size_t host);

 private:
  void bring_up_to_date(Host& host);
  /// What it lacks.
  std::int64_t serve(Domain& domain, Sla& sla, std::int64_t ms);
  void share(Host& host);
  Ucores asks(const Domain& domain) const;
  /// Into `most`; returns what its VMs get in all.
  Ucores squeeze(Host& host, Ucores most);
  void follow_load(std::size_t vm);
  void want(std::size_t vm, Ucores cpu);
  void set_power(std::size_t host, HostPower power);
  void set_power_after(Duration delay, std::size_t host, HostPower power);
  Domain* find_domain(std::size_t host, std::size_t vm);
  void leaves(std::size_t host, const Domain& domain);

  reactor::Scheduler& loop_;
  const Duration loads_end_;
  std::vector<Host> hosts_;
  std::vector<Vm> vms_;
  std::map<HostId, std::size_t> host_at_;
  std::vector<WorldListener*> listeners_;
};

}  // namespace drivers::sim
