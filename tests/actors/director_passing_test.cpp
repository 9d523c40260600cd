// What is under way when we come: migrations that are not ours, and runs that may touch nothing.
#include <doctest/doctest.h>

#include <chrono>

#include "actors/director/director.h"
#include "tests/vm_id.h"

using namespace actors;
using namespace std::chrono_literals;
using reactor::Instant;

namespace {

const HostId kHost{"s1"};
const VmId kVm = vm_id("vm");

Settings one_server(Duration patience) {
  Settings settings;
  settings.start_patience = patience;
  settings.power.proof = Proof::off;
  settings.hosts = {{.name = {"wh1"}, .role = Role::warehouse, .libvirt_uri = {}},
                    {.name = kHost, .role = Role::server, .libvirt_uri = {}}};
  return settings;
}

/// A director to which kHost says hello and a sample each second, with this domain on it.
class Life {
 public:
  explicit Life(ports::DomainState state, Duration patience = Duration{0})
      : director_(one_server(patience)) {
    turn({input::Leading{1}});
    meet(kHost, {look(state)});
  }

  void meet(const HostId& host, std::vector<ports::DomainLook> domains) {
    ports::HostHello hello;
    hello.host = host;
    hello.boot = {"boot"};
    hello.capacity = {1'000};
    hello.memory = {1 << 22};
    turn({input::Hello{host, hello}});
    turn({input::Linked{host, std::move(domains)}});
  }

  static ports::DomainLook look(ports::DomainState state) {
    return {.vm = kVm, .state = state, .name = "vm", .vcpus = 1, .max_memory = {1 << 20}};
  }

  void turn(std::vector<Input> inputs) {
    for (const Effect& effect : director_.turn(now_, inputs).effects) {
      suspends += std::holds_alternative<effect::GiveOrder>(effect) ? 1 : 0;
      if (const auto* at = std::get_if<effect::LookAt>(&effect)) looked(at->host);
      if (const auto* at = std::get_if<effect::SuspendDomain>(&effect))
        there[at->host] = ports::DomainState::paused;
    }
  }

  void looked(const HostId& host) {
    ++looks;
    if (there.contains(host)) answers_.emplace_back(input::LookDone{host, kVm, look(there[host])});
  }

  void run(Duration time) {
    for (const Instant end = now_ + time; now_ < end; now_ += 100ms) {
      std::vector<Input> inputs = std::exchange(answers_, {});
      inputs.emplace_back(input::Ticked{});
      if (now_.time_since_epoch() % 1s == 0ms) inputs.emplace_back(sample());
      turn(std::move(inputs));
    }
  }

  bool knows() const { return director_.pool().vms.contains(kVm); }
  const VmActor& vm() const { return director_.pool().vms.at(kVm).actor; }

  int suspends = 0, looks = 0;
  std::map<HostId, ports::DomainState> there;  ///< what looks find, once they are to be answered

 private:
  input::Stats sample() const {
    ports::HostSample sample;
    sample.host = kHost;
    sample.boot = {"boot"};
    sample.t = now_.time_since_epoch();
    sample.dt = 1s;
    sample.use.memory = {512 * 1024};
    return {{"1-0"}, {"1-0"}, 0, {sample}};
  }

  Director director_;
  Instant now_{1h};
  std::vector<Input> answers_;
};

}  // namespace

TEST_CASE(
    "director: a migration that is not ours: its host stays awake, is looked at, then sleeps") {
  for (const auto state :
       {ports::DomainState::paused_postcopy, ports::DomainState::running_postcopy,
        ports::DomainState::paused_migrating, ports::DomainState::shutting_down}) {
    Life life{state};
    life.run(5s);
    CHECK(life.suspends == 0);
    CHECK(life.looks >= 3);
    CHECK(life.looks <= 6);
    life.turn({input::LookDone{kHost, kVm, Life::look(ports::DomainState::absent)}});
    life.run(5s);
    CHECK(life.suspends == 1);
  }
}

TEST_CASE("director: a start: a VM leaves for nobody knows where: nobody sleeps till it is seen") {
  const auto leaving = [] {
    ports::DomainLook look = Life::look(ports::DomainState::running);
    look.job = true;
    return look;
  };
  Life life{ports::DomainState::absent, 20s};
  life.run(2s);
  CHECK(life.suspends == 0);  // wh1 was not looked at yet
  life.meet({"wh1"}, {leaving()});
  life.run(2s);
  CHECK(life.suspends == 0);
  SUBCASE("it comes here") {
    life.turn({input::LookDone{kHost, kVm, Life::look(ports::DomainState::paused_migrating)}});
    life.run(30s);
    CHECK(life.suspends == 0);
  }
  SUBCASE("its job was another one") {
    life.turn({input::LookDone{{"wh1"}, kVm, Life::look(ports::DomainState::running)}});
    life.run(1s);
    CHECK(life.suspends == 1);
  }
  SUBCASE("that is never found out") {
    life.run(20s);
    CHECK(life.suspends == 1);
  }
}

// An earlier controller's, whose setup has begun: the source's job is all there is to see of it.
TEST_CASE("director: a VM with a job that is not ours is placed once the job is over") {
  Life life{ports::DomainState::absent};
  ports::DomainLook look = Life::look(ports::DomainState::running);
  look.job = true;
  life.turn({input::Linked{kHost, {look}}});
  life.run(5s);
  CHECK(life.looks >= 3);
  CHECK_FALSE(life.knows());
  look.job = false;
  life.turn({input::LookDone{kHost, kVm, look}});
  CHECK(life.knows());
}

TEST_CASE("director: a VM arrives that we did not send: its host is looked at") {
  Life life{ports::DomainState::absent};
  life.turn({input::News{{kHost, kVm, ports::News::arriving}}});
  CHECK(life.looks == 1);
}

TEST_CASE("director: in use after all: what its agent sees there is listed anew") {
  Life life{ports::DomainState::absent};
  life.run(2s);
  REQUIRE(life.suspends == 1);
  ports::Reply refusal{.host = kHost,
                       .order = {"1-1"},
                       .kind = ports::ReplyKind::accepted,
                       .refusal = ports::RefusalKind::none,
                       .detail = {}};
  life.turn({input::AgentReply{refusal}});
  refusal.kind = ports::ReplyKind::refused;
  refusal.refusal = ports::RefusalKind::in_use;
  life.turn({input::AgentReply{refusal}});
  life.run(20s);
  CHECK(life.suspends == 1);  // not before the list has come
  life.turn({input::Linked{kHost, {}}});
  life.run(5s);
  CHECK(life.suspends == 2);
}

TEST_CASE(
    "director: a start: a VM runs on two hosts: its second is suspended, neither host sleeps") {
  using enum ports::DomainState;
  for (const bool source_first : {true, false}) {
    Life life{source_first ? absent : running_migrated};
    life.meet({"wh1"}, {Life::look(running)});
    if (source_first) life.turn({input::Linked{kHost, {Life::look(running_migrated)}}});
    life.there = {{kHost, running_migrated}, {{"wh1"}, running}};
    life.run(5s);
    CHECK(life.vm().state() == VmState::stranded);
    CHECK(life.there == std::map<HostId, ports::DomainState>{{kHost, paused}, {{"wh1"}, running}});
    life.run(1min);
    CHECK(life.suspends == 0);
    life.there[kHost] = absent;
    life.run(15s);
    CHECK(life.vm().host() == HostId{"wh1"});
    CHECK(life.suspends == 1);
  }
}

TEST_CASE("director: a VM that came here has left where it was: looked at once, no more is said") {
  using enum ports::DomainState;
  Life life{absent};
  life.meet({"wh1"}, {Life::look(running)});
  life.run(5s);
  life.there = {{kHost, running_migrated}, {{"wh1"}, absent}};
  const int looks = life.looks;
  life.turn({input::News{{kHost, kVm, ports::News::resumed_migrated}}});
  life.run(10s);
  CHECK(life.looks == looks + 2);
  CHECK(life.vm().host() == kHost);
}
