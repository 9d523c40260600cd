// The driver on libvirt's own test driver, in this process: everything but migrations and real
// sockets to real daemons, which tests/lab has.
#include "drivers/libvirt/hypervisor.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "tests/libvirt/world.h"
#include "tests/vm_id.h"

using actors::HostId;
using actors::VmId;
using actors::ports::DomainLook;
using actors::ports::DomainState;
using actors::ports::News;
using drivers::LibvirtSettings;
using drivers::libvirt::Hypervisor;
using reactor::Errc;
using reactor::Result;
using reactor::Unit;
using tests::Heard;
using tests::World;
using namespace std::chrono_literals;

namespace {

const std::string kTest = "test:///default";
const HostId kHost{"h1"};
const VmId kTestVm = vm_id("6695eb01-f6a4-8304-79aa-97f2502e193f");  // in test:///default
const VmId kNobody = vm_id("00000000-0000-4000-8000-000000000001");

HostId host(int i) {
  return {"h" + std::to_string(i)};
}

/// Somebody else's connection to the same libvirt: what it does is announced to ours.
class Operator {
 public:
  Operator() : conn_(virConnectOpen(kTest.c_str())) { REQUIRE(conn_ != nullptr); }
  ~Operator() { virConnectClose(conn_); }
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  template <class Call>
  void on_vm(Call call) {
    virDomainPtr domain = virDomainLookupByUUIDString(conn_, kTestVm.text().c_str());
    REQUIRE(domain != nullptr);
    CHECK(call(domain) == 0);
    virDomainFree(domain);
  }

 private:
  virConnectPtr conn_;
};

/// Takes connections and never says a word, as a libvirtd that hangs.
class Mute {
 public:
  Mute() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(fd_, raw, size) == 0);
    REQUIRE(listen(fd_, 100) == 0);
    REQUIRE(getsockname(fd_, raw, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~Mute() { close(fd_); }
  Mute(const Mute&) = delete;
  Mute& operator=(const Mute&) = delete;
  std::string uri() const { return "qemu+tcp://127.0.0.1:" + std::to_string(port_) + "/system"; }

 private:
  int fd_;
  int port_ = 0;
};

Result<DomainLook> look_up(World& world, Hypervisor& hypervisor, const HostId& at, const VmId& vm) {
  auto got = world.answer<DomainLook>([&](auto done) { hypervisor.look_up(at, vm, done); });
  REQUIRE(got);
  return *got;
}

}  // namespace

TEST_CASE("hypervisor: open: linked with a look at all domains") {
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, {}, heard};
  hypervisor.open(kHost, kTest);
  CHECK(heard.up.empty());  // never from inside the call
  REQUIRE(world.until([&] { return heard.up.contains(kHost); }));
  const auto& domains = heard.up[kHost];
  REQUIRE(domains.size() == 1);
  CHECK(domains[0].vm == kTestVm);
  CHECK(domains[0].state == DomainState::running);
  CHECK(domains[0].name == "test");
  CHECK(domains[0].vcpus == 2);
  CHECK(domains[0].max_memory.count == 8 * 1024 * 1024);
  CHECK_FALSE(domains[0].job);
  CHECK(heard.all.empty());
}

TEST_CASE("hypervisor: fifty links at once while the loop runs: all are up") {
  constexpr int kHosts = 50;
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, {}, heard};
  for (int i = 0; i < kHosts; ++i)
    hypervisor.open(host(i), kTest);
  CHECK(world.until([&] { return heard.up.size() == kHosts; }));
  CHECK(heard.links == kHosts);
  CHECK(heard.lost.empty());
}

TEST_CASE("hypervisor: opened and closed at random moments: linked at most once, never unlinked") {
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, {}, heard};
  for (int i = 0; i < 100; ++i) {
    hypervisor.open(host(i), kTest);
    if (i % 3 == 0) hypervisor.close(host(i));
    if (i % 5 == 0) uv_run(world.loop.uv(), UV_RUN_NOWAIT);
    if (i % 2 == 0) hypervisor.close(host(i / 2));
    hypervisor.open(host(i / 2), kTest);
    if (i % 7 == 0) hypervisor.close(host(i / 2));
  }
  hypervisor.open(HostId{"last"}, kTest);
  CHECK(world.until([&] { return heard.up.contains(HostId{"last"}); }));
  CHECK(heard.lost.empty());
}

TEST_CASE("hypervisor: destroyed while links are being made: nothing is left, nothing is told") {
  World world;
  Heard heard;
  for (int round = 0; round < 10; ++round) {
    Hypervisor hypervisor{world.loop, {}, heard};
    for (int i = 0; i < 10; ++i)
      hypervisor.open(host(i), kTest);
    for (int turn = 0; turn < round; ++turn)
      uv_run(world.loop.uv(), UV_RUN_NOWAIT);
  }
  const int links = heard.links;
  CHECK_FALSE(world.until([&] { return heard.links > links; }, 200ms));
}

TEST_CASE("hypervisor: a guest paused and resumed by somebody else: news, and a look agrees") {
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, {}, heard};
  hypervisor.open(kHost, kTest);
  REQUIRE(world.until([&] { return heard.up.contains(kHost); }));
  Operator somebody;
  somebody.on_vm(virDomainSuspend);
  CHECK(world.until([&] { return heard.has(kHost, News::suspended); }));
  CHECK(heard.all[0].vm == kTestVm);
  CHECK(look_up(world, hypervisor, kHost, kTestVm).value().state == DomainState::paused);
  somebody.on_vm(virDomainResume);
  CHECK(world.until([&] { return heard.has(kHost, News::resumed); }));
  CHECK(look_up(world, hypervisor, kHost, kTestVm).value().state == DomainState::running);
}

TEST_CASE("hypervisor: guests that change while links are made: no news is lost or comes before") {
  World world;
  for (int round = 0; round < 20; ++round) {
    Heard heard;
    Hypervisor hypervisor{world.loop, {}, heard};
    Operator somebody;
    hypervisor.open(kHost, kTest);
    for (int turn = 0; turn < round % 5; ++turn)
      uv_run(world.loop.uv(), UV_RUN_NOWAIT);
    somebody.on_vm(virDomainSuspend);
    const auto paused = [&] {
      if (!heard.up.contains(kHost)) {
        CHECK(heard.all.empty());
        return false;
      }
      return heard.up[kHost].at(0).state == DomainState::paused ||
             heard.has(kHost, News::suspended);
    };
    CHECK(world.until(paused));
    somebody.on_vm(virDomainResume);
    CHECK(world.until([&] { return heard.has(kHost, News::resumed); }));
  }
}

TEST_CASE("hypervisor: look up: a domain that is not there is absent") {
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, {}, heard};
  hypervisor.open(kHost, kTest);
  REQUIRE(world.until([&] { return heard.up.contains(kHost); }));
  const auto look = look_up(world, hypervisor, kHost, kNobody);
  REQUIRE(look.ok());
  CHECK(look.value().vm == kNobody);
  CHECK(look.value().state == DomainState::absent);
  CHECK(look.value().name.empty());
}

TEST_CASE("hypervisor: describe: the XML, or refused for a domain that is not there") {
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, {}, heard};
  hypervisor.open(kHost, kTest);
  REQUIRE(world.until([&] { return heard.up.contains(kHost); }));
  const auto ask = [&](const VmId& vm) {
    return world.answer<std::string>([&](auto done) { hypervisor.describe(kHost, vm, done); });
  };
  const auto xml = ask(kTestVm);
  REQUIRE(xml);
  REQUIRE(xml->ok());
  CHECK(xml->value().find("<uuid>" + kTestVm.text()) != std::string::npos);
  const auto none = ask(kNobody);
  REQUIRE(none);
  CHECK(none->error().code == Errc::refused);
  CHECK(none->error().detail.find(kNobody.text()) != std::string::npos);
}

TEST_CASE("hypervisor: any call to a host without a link: unreachable") {
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, {}, heard};
  CHECK(look_up(world, hypervisor, kHost, kTestVm).error().code == Errc::unreachable);
  const auto aborted =
      world.answer<Unit>([&](auto done) { hypervisor.abort(kHost, kTestVm, done); });
  REQUIRE(aborted);
  CHECK(aborted->error().code == Errc::unreachable);
  const auto migrated = world.answer<Unit>([&](auto done) {
    hypervisor.migrate({.vm = kTestVm,
                        .source = kHost,
                        .target = host(2),
                        .target_uri = kTest,
                        .migration_address = ""},
                       done);
  });
  REQUIRE(migrated);
  CHECK(migrated->error().code == Errc::unreachable);
}

TEST_CASE("hypervisor: migrate where libvirt has no migrations: refused, nothing was begun") {
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, {}, heard};
  hypervisor.open(kHost, kTest);
  REQUIRE(world.until([&] { return heard.up.contains(kHost); }));
  const auto migrated = world.answer<Unit>([&](auto done) {
    hypervisor.migrate({.vm = kTestVm,
                        .source = kHost,
                        .target = host(2),
                        .target_uri = kTest,
                        .migration_address = ""},
                       done);
  });
  REQUIRE(migrated);
  CHECK(migrated->error().code == Errc::refused);
}

TEST_CASE("hypervisor: libvirtds that hang: others are linked, and it still ends at once") {
  LibvirtSettings settings;
  settings.call_limit = 300ms;
  const Mute mute;
  World world;
  Heard heard;
  auto hypervisor = std::make_unique<Hypervisor>(world.loop, settings, heard);
  for (int i = 0; i < 20; ++i)
    hypervisor->open(host(i), mute.uri());
  hypervisor->open(HostId{"well"}, kTest);
  CHECK(world.until([&] { return heard.up.contains(HostId{"well"}); }));
  CHECK(heard.up.size() == 1);
  CHECK(heard.lost.empty());
  const auto begin = std::chrono::steady_clock::now();
  hypervisor.reset();
  CHECK(std::chrono::steady_clock::now() - begin < 1s);
}

TEST_CASE("hypervisor: open with another URI: linked to that one") {
  LibvirtSettings settings;
  const Mute mute;
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, settings, heard};
  hypervisor.open(kHost, mute.uri());
  world.until([] { return false; }, 50ms);
  hypervisor.open(kHost, kTest);
  CHECK(world.until([&] { return heard.up.contains(kHost); }));
  hypervisor.open(kHost, kTest);  // the same: nothing happens
  CHECK_FALSE(world.until([&] { return heard.links > 1; }, 200ms));
}

TEST_CASE("survey: the host, the VMs asked for that are there, CPUs it can't compare") {
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, {}, heard};
  hypervisor.open(kHost, kTest);
  REQUIRE(world.until([&] { return heard.up.contains(kHost); }));
  const actors::ports::GuestCpu cpu{{"c1"}, "test", "i686", "<cpu/>", false};
  const auto answer = world.answer<actors::ports::Survey>([&](auto done) {
    hypervisor.survey({kHost, {kTestVm, kNobody}, {cpu}}, std::move(done));
  });
  REQUIRE(answer);
  REQUIRE(answer->ok());
  const auto& survey = answer->value();
  CHECK(survey.offers.libvirt_version >= 9'000'000);
  CHECK(survey.offers.memory.count > 0);
  CHECK_FALSE(survey.offers.guests.empty());
  REQUIRE(survey.vms.size() == 1);
  CHECK(survey.vms[0].vm == kTestVm);
  CHECK(survey.vms[0].name == "test");
  REQUIRE(survey.fits.size() == 1);
  CHECK(survey.fits[0].fit == actors::ports::CpuFit::unknown);
  CHECK_FALSE(survey.fits[0].why.empty());
}

TEST_CASE("survey: no link: unreachable, and the reason why there is none is kept") {
  World world;
  Heard heard;
  Hypervisor hypervisor{world.loop, {}, heard};
  const auto answer = world.answer<actors::ports::Survey>([&](auto done) {
    hypervisor.survey({kHost, {}, {}}, std::move(done));
  });
  REQUIRE(answer);
  REQUIRE_FALSE(answer->ok());
  CHECK(answer->error().code == Errc::unreachable);
  CHECK(hypervisor.why_unlinked(kHost).empty());
  hypervisor.open(kHost, "nonsense:///x");
  CHECK(world.until([&] { return !hypervisor.why_unlinked(kHost).empty(); }));
}
