// Moves that an earlier controller left, of which no looks tell, or not all: it was killed, and
// then something else broke.
#include <doctest/doctest.h>

#include "actors/director/director.h"
#include "tests/actors/witness.h"
#include "tests/vm_id.h"

using namespace actors;
using namespace std::chrono_literals;
using enum ports::DomainState;
using ports::DomainState;
using ports::KeptStage;
using reactor::Instant;

namespace {

const VmId kVm = vm_id("a");
const HostId kSource{"wh1"}, kTarget{"s1"}, kOther{"s2"};

Settings pool() {
  Settings out;
  out.power.proof = Proof::off;
  out.start_patience = 30s;
  out.migration.on_lost = OnLost::restart;
  out.hosts = {{.name = kSource, .role = Role::warehouse, .libvirt_uri = {}},
               {.name = kTarget, .role = Role::server, .libvirt_uri = {}},
               {.name = kOther, .role = Role::server, .libvirt_uri = {}}};
  return out;
}

ports::KeptMove move_of(KeptStage stage) {
  return {.vm = kVm,
          .name = "a",
          .vcpus = 2,
          .max_memory = {1 << 20},
          .source = kSource,
          .target = kTarget,
          .stage = stage};
}

/// A director that starts; its hosts, and what is on them, answer by themselves.
class Life {
 public:
  explicit Life(Settings settings = pool()) : witness_(settings) { turn({input::Leading{1}}); }

  void read(std::vector<ports::KeptMove> moves) { turn({input::MovesRead{std::move(moves), {}}}); }
  void read(KeptStage stage) { read(std::vector{move_of(stage)}); }

  void meet(const HostId& host) {
    ports::HostHello hello;
    hello.host = host;
    hello.boot = {"boot"};
    hello.capacity = {1'000};
    hello.memory = {1 << 22};
    linked_.insert(host);
    turn({input::Hello{host, hello}});
    std::vector<ports::DomainLook> domains;
    if (there.contains(host)) domains.push_back(look(host));
    turn({input::Linked{host, std::move(domains)}});
  }
  void meet_all() {
    for (const HostId& host : {kSource, kTarget, kOther})
      meet(host);
  }

  void run(Duration time) {
    for (const Instant end = now_ + time; now_ < end; now_ += 100ms)
      turn({input::Ticked{}});
  }

  void turn(std::vector<Input> inputs) {
    std::ranges::move(std::exchange(answers_, {}), std::back_inserter(inputs));
    const Turn done = witness_.turn(now_, std::move(inputs));
    for (const Effect& effect : done.effects)
      std::visit([this](const auto& known) { carry(known); }, effect);
  }

  std::int64_t said(ReasonCode code) const {
    return std::ranges::count_if(witness_.changes(), [&](const Change& change) {
      return change.kind == ActorKind::vm && change.id == kVm.text() && change.reason.code == code;
    });
  }
  const Pool& seen() const { return witness_.pool(); }
  const Migration* record() const { return seen().migration_of(kVm); }
  void check_replays() { witness_.check_replays(); }

  std::map<HostId, DomainState> there;  ///< the VM, as looks find it
  std::vector<KeptStage> marks;
  std::map<AlertKind, int> alerts;
  int reads = 0, drops = 0, destroyed = 0, starts = 0;

 private:
  template <class T>
  void carry(const T&) {}
  void carry(const effect::ReadMoves&) { ++reads; }
  void carry(const effect::DropDefinition&) { ++drops; }
  void carry(const effect::MarkDefinition& effect) {
    marks.push_back(effect.move.stage);
    answers_.emplace_back(input::DefinitionDone{effect.migration, std::nullopt});
  }
  void carry(const effect::DestroyRemains& effect) {
    ++destroyed;
    there.erase(effect.host);
  }
  void carry(const effect::StartAnew& effect) {
    ++starts;
    there[effect.host] = running;
  }
  void carry(const effect::SendAlert& effect) {
    const bool of_vm = effect.alert.actor == ActorKind::vm;  // its hosts send no samples
    if (of_vm && effect.alert.step == AlertStep::raised) ++alerts[effect.alert.kind];
  }
  void carry(const effect::LookAt& effect) {
    input::LookDone done{effect.host, effect.vm, std::nullopt};
    if (linked_.contains(effect.host)) done.look = look(effect.host);
    answers_.emplace_back(std::move(done));
  }

  ports::DomainLook look(const HostId& host) const {
    const auto found = there.find(host);
    return {.vm = kVm,
            .state = found == there.end() ? absent : found->second,
            .job = false,
            .name = "a",
            .vcpus = 2,
            .max_memory = {1 << 20}};
  }

  Witness witness_;
  Instant now_{1h};
  std::set<HostId> linked_;
  std::vector<Input> answers_;
};

}  // namespace

TEST_CASE("director: kept moves are read whenever it begins to lead") {
  Life life;
  CHECK(life.reads == 1);
  life.turn({input::Blind{"gone"}});
  life.turn({input::Leading{2}});
  CHECK(life.reads == 2);
}

// LAB.md C1: the controller is killed, then the target's end dies.
TEST_CASE("director: killed, then its target died: followed in each order of arrival; saved") {
  for (const int order : {0, 1, 2, 3}) {
    CAPTURE(order);
    Life life;
    life.there = {{kSource, paused_postcopy_failed}};
    if (order == 0) life.read(KeptStage::moving);
    life.meet(kSource);
    if (order == 1) life.read(KeptStage::moving);
    CHECK(life.record() == nullptr);  // its target may have it
    life.meet(kTarget);
    if (order == 2) life.read(KeptStage::moving);
    if (order == 3) life.meet(kOther);
    if (order == 3) life.read(KeptStage::moving);
    REQUIRE(life.record() != nullptr);
    CHECK(life.said(ReasonCode::adopted_kept) + life.said(ReasonCode::adopted) == 1);
    life.run(20s);
    CHECK(life.marks == std::vector{KeptStage::clearing});
    CHECK(life.destroyed == 1);
    CHECK(life.starts == 1);
    life.run(20s);
    CHECK(life.record() == nullptr);
    CHECK(life.seen().vms.at(kVm).actor.host() == kSource);
    CHECK(life.drops == 1);
    CHECK(life.seen().kept.empty());
    life.check_replays();
  }
}

TEST_CASE("director: killed, then its source died: half a guest at its target: lost, told once") {
  Settings settings = pool();
  settings.migration.on_lost = OnLost::leave;
  Life life{settings};
  life.there = {{kTarget, running_postcopy_failed}};
  life.meet_all();
  life.read(KeptStage::moving);
  life.run(20s);
  CHECK(life.said(ReasonCode::lost) == 1);
  CHECK(life.alerts == std::map<AlertKind, int>{{AlertKind::lost, 1}});
  CHECK(life.marks == std::vector{KeptStage::lost});
  CHECK(life.destroyed == 0);
  CHECK(life.seen().hosts.at(kTarget).passing.contains(kVm));
  life.run(20min);
  CHECK(life.said(ReasonCode::other_end_missing) == 0);  // that is known
  life.check_replays();
}

TEST_CASE("director: killed between destroy and start: started, in each order of arrival") {
  for (const bool first : {true, false}) {
    Life life;
    if (first) life.read(KeptStage::clearing);
    life.meet(kSource);
    life.meet(kTarget);
    CHECK(life.record() == nullptr);  // it may be on the third host
    life.meet(kOther);
    if (!first) life.read(KeptStage::clearing);
    REQUIRE(life.record() != nullptr);
    CHECK(life.seen().vms.at(kVm).actor.state() == VmState::stranded);
    CHECK(life.seen().vms.at(kVm).name == "a");
    life.run(5s);
    CHECK(life.starts == 1);
    life.run(20s);
    CHECK(life.record() == nullptr);
    CHECK(life.seen().vms.at(kVm).actor.host() == kSource);
    CHECK(life.alerts == std::map<AlertKind, int>{{AlertKind::stranded, 1}});
    CHECK(life.drops == 1);
    life.check_replays();
  }
}

TEST_CASE("director: killed while it was cleared, a host does not speak: after the patience") {
  Life life;
  life.read(KeptStage::clearing);
  life.meet(kSource);
  life.meet(kTarget);
  life.run(29s);
  CHECK(life.record() == nullptr);
  life.run(5s);
  CHECK(life.starts == 1);
}

TEST_CASE("director: killed, and nothing is left of its move: not started, told once") {
  Life life;
  life.meet_all();
  life.read(KeptStage::moving);
  life.run(20s);
  CHECK(life.starts == 0);
  CHECK(life.said(ReasonCode::lost) == 1);
  CHECK(life.alerts[AlertKind::lost] == 1);
  CHECK(life.marks == std::vector{KeptStage::vanished});
  CHECK(life.record() == nullptr);
  SUBCASE("also by the next controller") {
    Life next;
    next.meet_all();
    next.read(KeptStage::vanished);
    next.run(20s);
    CHECK(next.said(ReasonCode::lost) == 0);
    CHECK(next.drops == 0);
  }
  SUBCASE("somebody starts it: its definition is kept no more") {
    life.there[kOther] = running;
    life.turn({input::News{{kOther, kVm, ports::News::started}}});
    life.run(1s);
    CHECK(life.drops == 1);
    CHECK(life.seen().kept.empty());
  }
  life.check_replays();
}

TEST_CASE("director: lost while that could not be kept: it is with the next lease") {
  Life life;
  life.meet_all();
  life.read(KeptStage::moving);
  life.run(20s);
  life.turn({input::Leading{2}});
  life.read(KeptStage::moving);
  life.run(20s);
  CHECK(life.marks == std::vector{KeptStage::vanished, KeptStage::vanished});
  CHECK(life.said(ReasonCode::lost) == 1);
}

TEST_CASE("director: the VM of a kept move is whole: its definition is dropped") {
  for (const HostId& host : {kSource, kTarget, kOther})
    for (const KeptStage stage : {KeptStage::moving, KeptStage::clearing, KeptStage::lost}) {
      Life life;
      life.there[host] = running;
      life.read(stage);
      life.meet_all();
      life.run(5s);
      CHECK(life.record() == nullptr);
      CHECK(life.drops == 1);
      CHECK(life.seen().kept.empty());
      CHECK(life.seen().vms.at(kVm).actor.host() == host);
    }
}

TEST_CASE("director: a kept move that both ends show: as any that is found under way") {
  Life life;
  life.there = {{kSource, paused_postcopy}, {kTarget, running_postcopy}};
  life.read(KeptStage::moving);
  life.meet_all();
  REQUIRE(life.record() != nullptr);
  life.run(5s);
  CHECK(life.record()->phase() == Phase::resumed);
  life.there = {{kTarget, running_migrated}};
  life.run(5s);
  CHECK(life.record() == nullptr);
  CHECK(life.drops == 1);
  life.check_replays();
}

TEST_CASE("director: a kept move between hosts that conf.yaml does not name: told once") {
  Settings settings = pool();
  settings.hosts.erase(settings.hosts.begin() + 1);
  Life life{settings};
  life.there = {{kSource, paused_postcopy_failed}};
  life.read(KeptStage::moving);
  life.meet(kSource);
  life.meet(kOther);
  life.run(20s);
  CHECK(life.said(ReasonCode::ends_not_named) == 1);
  CHECK(life.record() == nullptr);
  life.check_replays();
}

TEST_CASE("director: dry run: kept moves are looked at, and nothing is done about them") {
  for (const KeptStage stage : {KeptStage::moving, KeptStage::clearing}) {
    Settings settings = pool();
    settings.dry_run = true;
    Life life{settings};
    life.there = {{kSource, paused_postcopy_failed}};
    life.read(stage);
    life.meet_all();
    life.run(2min);
    CHECK(life.said(ReasonCode::lost) == 1);
    CHECK(life.marks.empty());
    CHECK(life.drops + life.destroyed + life.starts == 0);
  }
}

TEST_CASE("director: half of somebody's migration, whose other end does not show: told once") {
  for (const DomainState state : {paused_postcopy_failed, running_postcopy, paused_migrating}) {
    Life life;
    life.there = {{kTarget, state}};
    life.meet_all();
    life.read(std::vector<ports::KeptMove>{});
    const Duration limit = pool().migration.resume_limit;
    life.run(limit);
    CHECK(life.said(ReasonCode::other_end_missing) == 0);
    life.run(limit);
    CHECK(life.said(ReasonCode::other_end_missing) == 1);
    CHECK(life.record() == nullptr);
    CHECK(life.destroyed + life.starts == 0);
    CHECK(life.seen().hosts.at(kTarget).passing.contains(kVm));
    life.check_replays();
  }
}

TEST_CASE(
    "director: somebody's migration, both ends there: nobody is told, however long it takes") {
  Life life;
  life.there = {{kSource, running}};
  life.meet_all();
  life.run(1s);
  life.there = {{kSource, paused_postcopy}, {kTarget, running_postcopy}};
  life.turn({input::News{{kSource, kVm, ports::News::suspended_postcopy}},
             input::News{{kTarget, kVm, ports::News::resumed_postcopy}}});
  life.run(20min);
  CHECK(life.said(ReasonCode::other_end_missing) == 0);
}
