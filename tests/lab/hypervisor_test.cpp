// The contract of the port Hypervisor on real libvirtds and QEMUs: the lab (tools/lab). Needs root.
#include "drivers/libvirt/hypervisor.h"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>

#include "tests/libvirt/world.h"
#include "tests/vm_id.h"

using actors::HostId;
using actors::VmId;
using actors::ports::DomainLook;
using actors::ports::DomainState;
using actors::ports::MigrateCall;
using actors::ports::MigrationMode;
using actors::ports::News;
using drivers::LibvirtSettings;
using drivers::libvirt::Hypervisor;
using reactor::Errc;
using reactor::Result;
using reactor::Unit;
using tests::Heard;
using tests::World;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

const HostId kH1{"h1"};
const HostId kH2{"h2"};

struct Output {
  int code = -1;
  std::string text;
};

Output shell(const std::string& command) {
  Output out;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe))
    out.text.push_back(static_cast<char>(c));
  const int status = pclose(pipe);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  while (out.text.ends_with('\n'))
    out.text.pop_back();
  return out;
}

struct Folder {
  Folder() {
    path = (std::filesystem::temp_directory_path() / "nemuri-test-XXXXXX").string();
    REQUIRE(mkdtemp(path.data()) != nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path;
};

/// Two hosts, for as long as it lives. Commands run while the loop does: it has keepalives to
/// answer.
class Lab {
 public:
  explicit Lab(World& world) : world_(world) { run("up 2"); }
  ~Lab() { shell(tool() + "down"); }
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  std::string run(const std::string& arguments) {
    auto running = std::async(std::launch::async, [&] { return shell(tool() + arguments); });
    world_.until([&] { return running.wait_for(0s) == std::future_status::ready; }, 300s);
    const Output out = running.get();
    INFO(arguments, ": ", out.text);
    REQUIRE(out.code == 0);
    return out.text;
  }
  std::string uri(const HostId& host) { return run("uri " + host.text); }
  VmId guest(const HostId& host, const std::string& name) {
    run("guest " + host.text + " " + name);
    return vm_id(run("uuid " + name));
  }

 private:
  std::string tool() const {
    return "NEMURI_LAB=" + folder_.path + "/lab " NEMURI_SOURCE_DIR "/tools/lab ";
  }
  World& world_;
  Folder folder_;
};

/// A lab, the driver on it, both hosts linked.
struct Pool {
  Pool() : hypervisor(std::make_unique<Hypervisor>(world.loop, LibvirtSettings{}, heard)) {
    for (const HostId& host : {kH1, kH2})
      hypervisor->open(host, uris[host] = lab.uri(host));
    REQUIRE(linked());
  }

  bool linked() {
    return world.until([&] { return heard.up.size() == 2; }, 30s);
  }
  DomainLook look(const HostId& host, const VmId& vm) {
    const auto got = world.answer<DomainLook>([&](auto d) { hypervisor->look_up(host, vm, d); });
    REQUIRE(got);
    REQUIRE_MESSAGE(got->ok(), got->error().detail);
    return got->value();
  }
  MigrateCall call(const VmId& vm, const HostId& source, const HostId& target, MigrationMode mode) {
    return {.vm = vm,
            .source = source,
            .target = target,
            .mode = mode,
            .target_uri = uris[target],
            .migration_address = ""};
  }
  Result<Unit> migrate(const MigrateCall& call, milliseconds limit = 60s) {
    auto got = world.answer<Unit>([&](auto done) { hypervisor->migrate(call, done); }, limit);
    REQUIRE(got);
    return *got;
  }
  std::vector<News> news(const HostId& host) const {
    std::vector<News> out;
    for (const auto& one : heard.all)
      if (one.host == host) out.push_back(one.news);
    return out;
  }

  World world;
  Lab lab{world};
  Heard heard;
  std::map<HostId, std::string> uris;
  std::unique_ptr<Hypervisor> hypervisor;
};

/// In this order, others in between allowed.
bool in_order(const std::vector<News>& all, std::vector<News> wanted) {
  auto next = wanted.begin();
  for (const News one : all)
    if (next != wanted.end() && one == *next) ++next;
  return next == wanted.end();
}

std::string print(const std::vector<News>& all) {
  std::string out;
  for (const News one : all)
    out += std::string{actors::name_of(one)} + " ";
  return out;
}

}  // namespace

TEST_CASE("hypervisor: postcopy: switched at once, told by the events of both hosts") {
  Pool pool;
  const VmId vm = pool.lab.guest(kH1, "g1");
  REQUIRE(pool.world.until([&] { return pool.heard.has(kH1, News::started); }));
  const DomainLook before = pool.look(kH1, vm);
  CHECK(before.state == DomainState::running);
  CHECK(before.name == "g1");
  CHECK_FALSE(before.job);
  const auto xml =
      pool.world.answer<std::string>([&](auto d) { pool.hypervisor->describe(kH1, vm, d); });
  REQUIRE(xml);
  CHECK(xml->value().find(vm.text()) != std::string::npos);

  pool.lab.run("load g1 50 20 40");
  pool.lab.run("slow h1 100");  // so that pages are left when it switches
  const auto begin = steady_clock::now();
  const auto moved = pool.migrate(pool.call(vm, kH1, kH2, MigrationMode::postcopy));
  REQUIRE_MESSAGE(moved.ok(), moved.error().detail);
  MESSAGE("migrated in ",
          std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin).count(), " ms");
  CHECK(pool.world.until([&] { return pool.heard.has(kH2, News::resumed_migrated); }));
  CHECK(pool.world.until([&] { return !pool.heard.costs.empty(); }));
  const auto source = pool.news(kH1);
  const auto target = pool.news(kH2);
  MESSAGE("source: ", print(source));
  MESSAGE("target: ", print(target));
  CHECK(in_order(source,
                 {News::suspended_migrating, News::suspended_postcopy, News::stopped_migrated}));
  CHECK(in_order(target, {News::arriving, News::resumed_postcopy, News::resumed_migrated}));
  CHECK(pool.look(kH2, vm).state == DomainState::running_migrated);
  CHECK(pool.look(kH1, vm).state == DomainState::absent);
  const auto& cost = pool.heard.costs[0];
  CHECK(cost.source == kH1);
  CHECK(cost.vm == vm);
  CHECK(cost.total > 0ms);
  CHECK(cost.bytes > 0);
  CHECK(cost.page_requests > 0);
  MESSAGE("bytes ", cost.bytes, ", page requests ", cost.page_requests, ", passes ", cost.passes);

  pool.heard.all.clear();
  const auto back = pool.migrate(pool.call(vm, kH2, kH1, MigrationMode::postcopy_after_precopy));
  REQUIRE_MESSAGE(back.ok(), back.error().detail);
  CHECK(pool.world.until([&] { return pool.heard.costs.size() == 2; }));
  CHECK(pool.heard.costs[1].passes >= 2);
  MESSAGE("after one pass: ", print(pool.news(kH2)), "passes ", pool.heard.costs[1].passes);
  CHECK(pool.look(kH1, vm).state == DomainState::running_migrated);
}

TEST_CASE("hypervisor: precopy that cannot converge: goes on until it is aborted") {
  Pool pool;
  const VmId vm = pool.lab.guest(kH1, "g1");
  pool.lab.run("load g1 80 60 45");
  pool.lab.run("slow h1 60");
  std::optional<Result<Unit>> ended;
  pool.hypervisor->migrate(pool.call(vm, kH1, kH2, MigrationMode::precopy),
                           [&](Result<Unit> result) { ended.emplace(std::move(result)); });
  CHECK_FALSE(pool.world.until([&] { return ended.has_value(); }, 12s));
  CHECK(pool.look(kH1, vm).job);
  CHECK(pool.look(kH2, vm).state == DomainState::paused_migrating);
  CHECK(pool.look(kH2, vm).job);
  const auto aborted =
      pool.world.answer<Unit>([&](auto done) { pool.hypervisor->abort(kH1, vm, done); });
  REQUIRE(aborted);
  CHECK_MESSAGE(aborted->ok(), aborted->error().detail);
  REQUIRE(pool.world.until([&] { return ended.has_value(); }));
  CHECK(ended->error().code == Errc::outcome_unknown);
  MESSAGE(ended->error().detail);
  CHECK(pool.world.until([&] { return pool.heard.has(kH2, News::stopped_failed); }));
  CHECK(pool.look(kH1, vm).state == DomainState::running);
  CHECK_FALSE(pool.look(kH1, vm).job);
  CHECK(pool.look(kH2, vm).state == DomainState::absent);
  const auto again =
      pool.world.answer<Unit>([&](auto done) { pool.hypervisor->abort(kH1, vm, done); });
  REQUIRE(again);
  CHECK(again->error().code == Errc::refused);
}

TEST_CASE("hypervisor: a migration that cannot begin: refused, the guest stays") {
  Pool pool;
  const VmId vm = pool.lab.guest(kH1, "g1");
  auto call = pool.call(vm, kH1, kH2, MigrationMode::postcopy);
  call.target_uri = "qemu+tcp://10.77.0.2:1/system";
  const auto nobody = pool.migrate(call);
  REQUIRE_FALSE(nobody.ok());
  CHECK(nobody.error().code == Errc::refused);
  MESSAGE(nobody.error().detail);

  call.vm = vm_id("00000000-0000-4000-8000-000000000001");
  const auto absent = pool.migrate(call);
  REQUIRE_FALSE(absent.ok());
  CHECK(absent.error().code == Errc::refused);

  // A stranger of the same name is where it should go.
  auto xml = pool.world.answer<std::string>([&](auto d) { pool.hypervisor->describe(kH1, vm, d); });
  REQUIRE(xml);
  std::string text = xml->value();
  text.replace(text.find(vm.text()), vm.text().size(), "00000000-0000-4000-8000-000000000002");
  auto created = std::async(std::launch::async, [&] {
    virConnectPtr conn = virConnectOpen(pool.uris[kH2].c_str());
    virDomainPtr domain = virDomainCreateXML(conn, text.c_str(), 0);
    const bool done = domain != nullptr;
    if (done) virDomainFree(domain);
    virConnectClose(conn);
    return done;
  });
  pool.world.until([&] { return created.wait_for(0s) == std::future_status::ready; });
  REQUIRE(created.get());
  const auto taken = pool.migrate(pool.call(vm, kH1, kH2, MigrationMode::postcopy));
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().code == Errc::refused);
  MESSAGE(taken.error().detail);
  CHECK(pool.look(kH1, vm).state == DomainState::running);
}

TEST_CASE("hypervisor: a guest that is defined: defined at the target, no more at the source") {
  Pool pool;
  const VmId vm = pool.lab.guest(kH1, "g1");
  auto xml = pool.world.answer<std::string>([&](auto d) { pool.hypervisor->describe(kH1, vm, d); });
  REQUIRE(xml);
  auto defined = std::async(std::launch::async, [&] {
    virConnectPtr conn = virConnectOpen(pool.uris[kH1].c_str());
    virDomainPtr domain = virDomainDefineXML(conn, xml->value().c_str());
    const bool done = domain != nullptr;
    if (done) virDomainFree(domain);
    virConnectClose(conn);
    return done;
  });
  pool.world.until([&] { return defined.wait_for(0s) == std::future_status::ready; });
  REQUIRE(defined.get());
  CHECK(pool.world.until([&] { return pool.heard.has(kH1, News::changed); }));
  const auto moved = pool.migrate(pool.call(vm, kH1, kH2, MigrationMode::postcopy));
  REQUIRE_MESSAGE(moved.ok(), moved.error().detail);
  CHECK(pool.look(kH1, vm).state == DomainState::absent);
  CHECK(pool.look(kH2, vm).state == DomainState::running_migrated);
  CHECK(pool.lab.run("in h2 virsh -q list --persistent --name") == "g1");
}

TEST_CASE("hypervisor: libvirtd killed, host frozen: unlinked in time, linked again when back") {
  Pool pool;
  const VmId vm = pool.lab.guest(kH1, "g1");
  pool.lab.run("kill-libvirtd h1");
  REQUIRE(pool.world.until([&] { return pool.heard.lost.contains(kH1); }, 3s));
  MESSAGE("killed: ", pool.heard.lost[kH1]);
  pool.lab.run("start-libvirtd h1");
  REQUIRE(pool.linked());
  REQUIRE(pool.heard.up[kH1].size() == 1);
  CHECK(pool.heard.up[kH1][0].vm == vm);

  const LibvirtSettings settings;
  pool.heard.lost.clear();
  pool.lab.run("cut h2");
  const auto begin = steady_clock::now();
  REQUIRE(pool.world.until([&] { return pool.heard.lost.contains(kH2); }, 20s));
  const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  MESSAGE("cut: noticed after ", took.count(), " ms: ", pool.heard.lost[kH2]);
  CHECK(took <= 1s * (settings.keepalive_interval_s * settings.keepalive_count + 1));
  const auto asked = steady_clock::now();
  const auto look =
      pool.world.answer<DomainLook>([&](auto done) { pool.hypervisor->look_up(kH2, vm, done); });
  CHECK(look->error().code == Errc::unreachable);
  CHECK(steady_clock::now() - asked < 1s);
  pool.lab.run("heal h2");
  CHECK(pool.linked());

  pool.heard.lost.clear();
  pool.hypervisor->close(kH2);
  pool.lab.run("sleep h2");
  CHECK_FALSE(pool.world.until([&] { return pool.heard.lost.contains(kH2); }, 8s));
  pool.heard.up.erase(kH2);
  pool.lab.run("wake h2");
  const auto woken = steady_clock::now();
  pool.hypervisor->open(kH2, pool.uris[kH2]);
  CHECK(pool.linked());
  MESSAGE("linked ", std::chrono::duration_cast<milliseconds>(steady_clock::now() - woken).count(),
          " ms after the wake");

  pool.lab.run("cut h2");
  const auto ending = steady_clock::now();
  pool.hypervisor.reset();
  CHECK(steady_clock::now() - ending < 1s);
  CHECK(pool.world.longest_gap < 1s);  // nothing of all that has blocked the loop
  MESSAGE("longest gap between ticks: ",
          std::chrono::duration_cast<milliseconds>(pool.world.longest_gap).count(), " ms");
}
