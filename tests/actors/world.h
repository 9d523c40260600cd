// Hosts, VMs and their migrations as far as a director sees them, in virtual time: a hundred
// milliseconds a turn, a sample a second. What can go wrong is a switch on each host.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>

#include "tests/actors/witness.h"
#include "tests/vm_id.h"

using namespace std::chrono_literals;

struct WorldHost {
  actors::HostPlan plan;
  actors::Mcores capacity{1'000};
  actors::Kib memory{16 * 1024 * 1024};
  bool up = true;          ///< samples come
  bool wakes = true;       ///< a wake brings it up
  bool answers = true;     ///< its agent sends samples and replies
  bool goes_down = true;   ///< after the acknowledged goodbye
  bool reachable = true;   ///< or nothing comes through, of its BMC neither
  bool said_hello = true;  ///< ever: Redis has its hash
  std::optional<actors::ports::RefusalKind> refuses;  ///< to sleep
  bool refuses_migrations = false;
  std::vector<std::string> machines{"pc"};               ///< that its QEMU knows
  std::optional<actors::Duration> survey_takes = 100ms;  ///< none: no answer ever comes
  bool link_open = false;
  std::int64_t boots = 1, hello_ms = 1, revision = 1, seq = 0, orders = 0, wake_calls = 0;
  actors::Duration wake_takes{5'000};
  bool is_down = false;                        ///< its hash says so
  std::optional<actors::Duration> wake_after;  ///< as of the last order to sleep
};

struct WorldVm {
  std::string name;
  actors::HostId host;
  std::int64_t mcores = 50;
  std::int32_t vcpus = 1;
  actors::Kib memory{2 * 1024 * 1024};
  std::optional<std::string> unmovable;
  std::string machine = "pc";
  // Of its migration, if any: the other end, and how far it came.
  std::optional<actors::HostId> target;
  enum Stage { called, arriving, switched, resumed } stage = called;
  std::optional<reactor::Instant> moved_at;
  bool broken = false;  ///< its postcopy, as both ends say
};

class World {
 public:
  explicit World(actors::Settings settings) : witness(settings), settings_(std::move(settings)) {
    for (const actors::HostPlan& plan : settings_.hosts)
      hosts[plan.name].plan = plan;
    give(actors::input::Leading{1});
  }

  std::map<actors::HostId, WorldHost> hosts;
  std::map<actors::VmId, WorldVm> vms;  ///< by vm_id(name)
  std::map<actors::HostId, actors::WakeRecord> kept_wakes;
  std::map<actors::VmId, actors::ports::KeptMove> kept_moves;
  actors::Duration reading_moves_takes{100};
  Witness witness;
  reactor::Instant now{1h};
  actors::Duration copy_takes{2'000};               ///< from the switch to the last page
  std::vector<actors::effect::Migrate> migrations;  ///< all that were ever called
  int aborts = 0;

  void add(const std::string& vm, const std::string& host, std::int64_t mcores) {
    vms[vm_id(vm)] = {.name = vm, .host = {host}, .mcores = mcores};
  }
  WorldHost& host(const std::string& name) { return hosts.at({name}); }
  WorldVm& vm(const std::string& name) { return vms.at(vm_id(name)); }
  const actors::Host& seen(const std::string& name) const {
    return witness.pool().hosts.at({name});
  }
  actors::HostState state(const std::string& name) const { return seen(name).actor.state(); }
  actors::VmState vm_state(const std::string& name) const {
    const auto found = witness.pool().vms.find(vm_id(name));
    return found == witness.pool().vms.end() ? actors::VmState::gone : found->second.actor.state();
  }

  void give(actors::Input input) { inbox_.push_back(std::move(input)); }
  void after(actors::Duration time, std::function<void()> work) {
    later_.emplace(now + time, std::move(work));
  }
  void run(actors::Duration time);
  /// False: it did not come true within `limit`.
  bool run_until(const std::function<bool()>& reached, actors::Duration limit = 10min);
  /// The changes of a VM or a host from `from` on, as "parked>departing".
  std::vector<std::string> path(const std::string& id) const;
  std::int64_t count(const std::string& id, actors::ReasonCode code) const;

  // What operators do.
  void come_up(const actors::HostId& host);
  void stop(const std::string& vm);
  void start(const std::string& vm, const std::string& host);
  void move(const std::string& vm, const std::string& host);
  /// Somebody migrates it, and it has come that far.
  void under_way(const std::string& vm, const std::string& to, WorldVm::Stage stage);
  void break_postcopy(const std::string& vm) { vms.at(vm_id(vm)).broken = true; }
  /// It comes to its end at its target all the same.
  void heal(const std::string& vm);
  void reach(const std::string& host);
  void inventory_changed(const std::string& host) { ++hosts.at({host}).revision; }
  void set(actors::Settings settings);
  const actors::Settings& settings() const { return settings_; }

 private:
  void step();
  void sample_all();
  actors::ports::HostSample sample(const actors::HostId& id, WorldHost& host);
  void news(const actors::HostId& host, const actors::VmId& vm, actors::ports::News what);
  void link(const actors::HostId& id);
  actors::ports::HostHello hello(const actors::HostId& id) const;
  actors::ports::DomainLook look(const actors::HostId& host, const actors::VmId& vm) const;

  template <class T>
  void carry(const T&) {}
  void carry(const actors::effect::ReadHello& effect);
  void carry(const actors::effect::OpenLink& effect);
  void carry(const actors::effect::CloseLink& effect) { hosts.at(effect.host).link_open = false; }
  void carry(const actors::effect::LookAt& effect);
  void carry(const actors::effect::Survey& effect);
  void carry(const actors::effect::ReadPower& effect);
  void carry(const actors::effect::KeepDefinition& effect);
  void carry(const actors::effect::MarkDefinition& effect);
  void carry(const actors::effect::DropDefinition& effect) { kept_moves.erase(effect.vm); }
  void carry(const actors::effect::ReadMoves& effect);
  void carry(const actors::effect::Migrate& effect);
  void carry(const actors::effect::AbortMigration&) { ++aborts; }
  void carry(const actors::effect::GiveOrder& effect);
  void carry(const actors::effect::WakeHost& effect);
  void carry(const actors::effect::KeepWakes& effect) { kept_wakes[effect.host] = effect.wakes; }
  void carry(const actors::effect::ReadWakes& effect);
  void reply(const actors::effect::GiveOrder& effect, const actors::OrderId& id);
  void go_down(const actors::HostId& id);
  void think_better_of_it(const actors::HostId& id);
  bool in_use(const actors::HostId& host) const;
  void advance(const actors::effect::Migrate& effect, WorldVm::Stage stage);
  void finish(const actors::effect::Migrate& effect);
  void fail(const actors::effect::Migrate& effect, reactor::Errc code, std::string detail);

  actors::Settings settings_;
  std::vector<actors::Input> inbox_;
  std::multimap<reactor::Instant, std::function<void()>> later_;
  std::int64_t batches_ = 0;
};

#include "tests/actors/world_parts.h"  // the long bodies
