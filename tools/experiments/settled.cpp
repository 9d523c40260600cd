#include "tools/experiments/settled.h"

#include <algorithm>
#include <utility>

namespace experiments {

using namespace drivers::sim;

using actors::HostState;
using actors::VmState;
using actors::ports::DomainState;

namespace {

/// Collects what is wrong.
class Look {
 public:
  Look(const Models& models, const actors::Director& director)
      : world_(models.world()), models_(models), director_(director) {}

  std::vector<std::string> run() {
    if (director_.blind()) wrong("blind", *director_.why_blind());
    if (director_.why_held()) wrong("held", to_text(*director_.why_held()));
    for (const auto& [id, migration] : director_.pool().migrations)
      wrong("a migration " + std::string{name_of(migration.phase())}, migration.plan().vm.text());
    for (std::size_t vm = 0; vm < world_.vms().size(); ++vm)
      look_at_vm(vm);
    for (std::size_t host = 0; host < world_.hosts().size(); ++host)
      look_at_host(host);
    for (const auto& [vm, move] : models_.stream().moves())
      look_at_kept(move);
    return std::move(wrong_);
  }

 private:
  void wrong(const std::string& what, const std::string& who) {
    wrong_.push_back(what + ": " + who);
  }

  void look_at_vm(std::size_t vm) {
    const Vm& physical = world_.vms()[vm];
    const auto& known = director_.pool().vms;
    const auto found = known.find(physical.id);
    const std::string& name = physical.model.name;
    if (models_.migrator().migrating(vm)) wrong("under way", name);
    if (physical.runs_nowhere()) {
      if (found != known.end())
        wrong("runs nowhere, but " + std::string{name_of(found->second.actor.state())}, name);
      return;
    }
    const auto runs = where_it_runs(vm);
    if (!runs) return wrong("does not run once and whole", name);
    if (found == known.end()) return wrong("runs, but is not known", name);
    const auto& actor = found->second.actor;
    if (actor.host() != *runs) wrong("thought to be on " + actor.host().text, name);
    if (!rests(actor.state())) wrong(std::string{name_of(actor.state())}, name);
  }

  // Whatever was killed: a move that was begun has come to its end, or people know that its VM is
  // lost. Then it is started anew if it may be, unless nothing was left of it by the time that a
  // controller looked.
  void look_at_kept(const actors::ports::KeptMove& move) {
    const actors::Pool& pool = director_.pool();
    if (pool.migration_of(move.vm)) return;
    const Vm& physical = world_.vms()[*world_.find(move.vm)];
    if (!physical.runs_nowhere()) return wrong("kept, though it is whole", move.name);
    if (!is_over(move.stage)) return wrong("lost, and nobody was told", move.name);
    const bool left = move.stage == actors::ports::KeptStage::lost;
    if (left && physical.lost && pool.settings.migration.on_lost == actors::OnLost::restart)
      wrong("lost, and not started anew", move.name);
  }
  /// It asks each second anew where there is no room.
  static bool rests(VmState state) {
    return state == VmState::parked || state == VmState::active || state == VmState::queued ||
           state == VmState::holding;
  }

  std::optional<HostId> where_it_runs(std::size_t vm) const {
    std::vector<const Domain*> domains;
    std::optional<HostId> out;
    for (std::size_t host = 0; host < world_.hosts().size(); ++host) {
      const Domain* domain = world_.domain(host, vm);
      if (!domain) continue;
      domains.push_back(domain);
      out = world_.hosts()[host].model.plan.name;
    }
    const bool whole = domains.size() == 1 && (domains[0]->state == DomainState::running ||
                                               domains[0]->state == DomainState::running_migrated);
    return whole ? out : std::nullopt;
  }

  void look_at_host(std::size_t host) {
    const Host& physical = world_.hosts()[host];
    const auto& known = director_.pool().hosts.at(physical.model.plan.name);
    const std::string& name = physical.model.plan.name.text;
    const HostState state = known.actor.state();
    const bool used = !physical.domains.empty();
    const bool awake = physical.power == HostPower::awake;
    if (!awake && physical.power != HostPower::asleep) wrong("neither awake nor asleep", name);
    if (state != (awake ? HostState::awake : HostState::asleep))
      wrong("thought to be " + std::string{name_of(state)}, name);
    const auto& power = director_.pool().settings.power;
    const bool to_prove =
        power.proof == actors::Proof::required && !known.wakes.woke_at();  // its turn comes
    if (awake && !used && known.plan.may_sleep && !known.reserve && !to_prove)
      wrong("awake for nothing", name);
    look_at_desk(known);
  }

  // Who holds a ticket is told of by himself; here, what the desk keeps for nobody.
  void look_at_desk(const actors::Host& host) {
    const std::string& name = host.plan.name.text;
    const std::int64_t out = host.desk.tickets_out(), waiting = host.desk.waiting();
    if (out > asking(host, VmState::returning)) wrong("a ticket nobody holds", name);
    if (waiting > asking(host, VmState::queued)) wrong("a request of nobody", name);
    if (waiting > 0 && out == 0) wrong("a queue behind nobody", name);
  }

  std::int64_t asking(const actors::Host& desk, VmState state) const {
    return std::ranges::count_if(director_.pool().vms, [&](const auto& vm) {
      const actors::VmActor& actor = vm.second.actor;
      const HostId& name = desk.plan.name;
      return actor.state() == state && (actor.desk() == name || actor.target() == name);
    });
  }

  const World& world_;
  const Models& models_;
  const actors::Director& director_;
  std::vector<std::string> wrong_;
};

}  // namespace

std::vector<std::string> unsettled(const Models& models, const actors::Director& director) {
  return Look{models, director}.run();
}

}  // namespace experiments
