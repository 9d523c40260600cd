// Each check: what speaks against a move, and that nothing else does.
#include "actors/migration/preflight.h"

#include <doctest/doctest.h>

#include <functional>

#include "tests/vm_id.h"

using namespace actors;
using namespace actors::preflight;
using ports::CpuFit;
using ports::MigrationMode;
using ports::TieKind;
using ports::Userfaultfd;
using reactor::Duration;

namespace {

constexpr std::int64_t kGib = 1024 * 1024;

/// Two hosts that are alike, and a VM on the first one that may go to the second.
struct Pair {
  ports::VmNeeds vm{.vm = vm_id("web1"),
                    .name = "web1",
                    .memory = {2 * kGib},
                    .virt = "kvm",
                    .arch = "x86_64",
                    .machine = "pc-q35-7.2"};
  ports::HostOffers source = offers("uuid-1"), target = offers("uuid-2");
  ports::HostHello source_hello = hello("h1"), target_hello = hello("h2");
  bool target_spoke = true;
  std::vector<ports::DefinedDomain> running;
  ports::GuestCpu cpu{{"c1"}, "kvm", "x86_64", "<cpu/>"};
  std::optional<ports::CpuVerdict> fit = ports::CpuVerdict{{"c1"}, CpuFit::superset};
  std::optional<std::int64_t> silent_port{};
  Duration ahead{0};
  MigrationMode mode = MigrationMode::postcopy;

  static ports::HostOffers offers(const std::string& uuid) {
    return {.libvirt_version = 9'000'000,
            .qemu_version = 7'002'022,
            .uuid = uuid,
            .memory = {16 * kGib},
            .free = {8 * kGib},
            .guests = {{"kvm", "x86_64", {"pc-i440fx-7.2", "pc-q35-7.2"}}},
            .huge_pages = {{{2'048}, 4'096}}};
  }
  ports::HostHello hello(const std::string& name) const {
    ports::HostHello out{.host = {name}, .memory = {16 * kGib}, .migration_address = "10.0.0.2"};
    out.facts = ports::HostFacts{.userfaultfd = Userfaultfd::everybody,
                                 .qemu_user = "libvirt-qemu",
                                 .address_here = true,
                                 .clock = ports::ClockState::synchronized};
    if (name == "h1") out.vms.push_back({vm_id("web1"), "web1", 1, {2 * kGib}, {}});
    return out;
  }
  Move move() const {
    return {
        .vm = vm,
        .source = {{"h1"}, &source, &source_hello, nullptr, {}, Duration{0}},
        .target =
            {{"h2"}, &target, target_spoke ? &target_hello : nullptr, &running, silent_port, ahead},
        .cpu = &cpu,
        .fit = fit ? &*fit : nullptr,
        .mode = mode};
  }
};

struct Case {
  const char* what;
  std::function<void(Pair&)> spoil;
  Check check;
  Severity severity;
  const char* says;
};

void tie(Pair& p, TieKind kind) {
  p.vm.ties.push_back({kind, "this"});
}
ports::HostFacts& facts(Pair& p) {
  return *p.target_hello.facts;
}

const std::vector<Case> kCases{
    {"device", [](Pair& p) { tie(p, TieKind::host_device); }, Check::device, Severity::no, "this"},
    {"vhost-user", [](Pair& p) { tie(p, TieKind::vhost_user); }, Check::device, Severity::no, ""},
    {"block device", [](Pair& p) { tie(p, TieKind::local_disk); }, Check::disk, Severity::no, ""},
    {"folder", [](Pair& p) { tie(p, TieKind::host_folder); }, Check::device, Severity::no, ""},
    {"1 GiB pages", [](Pair& p) { tie(p, TieKind::gigantic_pages); }, Check::memory_kind,
     Severity::no, ""},
    {"SEV", [](Pair& p) { tie(p, TieKind::encrypted_memory); }, Check::memory_kind, Severity::no,
     ""},
    {"agent: local disk", [](Pair& p) { p.source_hello.vms[0].unmovable = "local disk /srv/a"; },
     Check::disk, Severity::no, "local disk /srv/a"},
    {"file, nobody knows",
     [](Pair& p) {
       p.source_hello.vms.clear();
       p.vm.files = {"/srv/a"};
     },
     Check::disk, Severity::warning, "/srv/a"},
    {"libvirt 8.4 at the target", [](Pair& p) { p.target.libvirt_version = 8'004'000; },
     Check::libvirt, Severity::no, "libvirt 8.4.0 on h2"},
    {"libvirt 8.4 at the source", [](Pair& p) { p.source.libvirt_version = 8'004'000; },
     Check::libvirt, Severity::no, "libvirt 8.4.0 on h1"},
    {"QEMU 2.12", [](Pair& p) { p.source.qemu_version = p.target.qemu_version = 2'012'000; },
     Check::qemu, Severity::no, "QEMU 2.12.0 on h1"},
    {"older QEMU", [](Pair& p) { p.target.qemu_version = 6'002'000; }, Check::qemu,
     Severity::warning, "older than 7.2.22"},
    {"no KVM", [](Pair& p) { p.target.guests[0].virt = "qemu"; }, Check::guest_kind, Severity::no,
     "h2 runs no kvm guests of x86_64"},
    {"machine", [](Pair& p) { p.vm.machine = "pc-q35-8.0"; }, Check::machine, Severity::no,
     "pc-q35-8.0 is not known"},
    {"CPU",
     [](Pair& p) {
       p.fit = {{"c1"}, CpuFit::incompatible, "no svm"};
     },
     Check::cpu, Severity::no, "no svm"},
    {"CPU unknown", [](Pair& p) { p.fit.reset(); }, Check::cpu, Severity::warning, "not known"},
    {"passthrough", [](Pair& p) { p.cpu.of_host = true; }, Check::cpu, Severity::warning,
     "the very CPU of h1"},
    {"no userfaultfd", [](Pair& p) { facts(p).userfaultfd = Userfaultfd::none; },
     Check::userfaultfd, Severity::no, "has no userfaultfd"},
    {"userfaultfd for root", [](Pair& p) { facts(p).userfaultfd = Userfaultfd::root; },
     Check::userfaultfd, Severity::no, "its QEMU runs as libvirt-qemu"},
    {"userfaultfd for root, user unknown",
     [](Pair& p) {
       facts(p).userfaultfd = Userfaultfd::root;
       facts(p).qemu_user.clear();
     },
     Check::userfaultfd, Severity::warning, "not known"},
    {"2 MiB pages: none",
     [](Pair& p) {
       p.vm.page_sizes = {{2'048}};
       p.target.huge_pages.clear();
     },
     Check::memory_kind, Severity::no, "no huge pages of 2048 KiB"},
    {"2 MiB pages: few",
     [](Pair& p) {
       p.vm.page_sizes = {{0}};
       p.target.huge_pages[0].free = 12;
     },
     Check::memory_kind, Severity::warning, "12 huge pages of 2048 KiB free, the VM needs 1024"},
    {"memory in all", [](Pair& p) { p.target.memory = {kGib}; }, Check::memory, Severity::no,
     "has 1024 MiB in all"},
    {"memory its agent counts", [](Pair& p) { p.target_hello.memory = {kGib}; }, Check::memory,
     Severity::no, "has 1024 MiB in all"},
    {"memory free", [](Pair& p) { p.target.free = {kGib}; }, Check::memory, Severity::warning,
     "has 1024 MiB free"},
    {"name defined",
     [](Pair& p) {
       p.target.defined = {{vm_id("x"), "web1"}};
     },
     Check::name, Severity::no, "name web1 is taken on h2, by a domain that is defined"},
    {"UUID defined",
     [](Pair& p) {
       p.target.defined = {{vm_id("web1"), "x"}};
     },
     Check::name, Severity::no, "UUID"},
    {"runs at both",
     [](Pair& p) {
       p.running = {{vm_id("web1"), "web1"}};
     },
     Check::name, Severity::no, "by a domain that runs"},
    {"half started",
     [](Pair& p) {
       p.target.defined = {{vm_id("web1"), "web1", false}};
     },
     Check::name, Severity::no, "libvirt of h2 holds on to a start of it that never ended"},
    {"one host", [](Pair& p) { p.target.uuid = "uuid-1"; }, Check::same_host, Severity::no,
     "for the same host"},
    {"address elsewhere", [](Pair& p) { facts(p).address_here = false; }, Check::address,
     Severity::no, "10.0.0.2 is on no interface of h2"},
    {"port silent", [](Pair& p) { p.silent_port = 49'215; }, Check::address, Severity::warning,
     "port 49215"},
    {"clock free", [](Pair& p) { facts(p).clock = ports::ClockState::free_running; }, Check::clock,
     Severity::warning, "not synchronized"},
    {"clock ahead", [](Pair& p) { p.ahead = Duration{1'500}; }, Check::clock, Severity::warning,
     "1500 ms ahead"},
    {"no agent", [](Pair& p) { p.target_spoke = false; }, Check::agent, Severity::warning,
     "no word of the agent of h2"},
    {"old agent", [](Pair& p) { p.target_hello.facts.reset(); }, Check::agent, Severity::warning,
     "too old"},
};

}  // namespace

TEST_CASE("preflight: two hosts alike: nothing speaks against it") {
  const Pair pair;
  CHECK(examine(pair.move()).empty());
  CHECK_FALSE(obstacle(pair.move()));
}

TEST_CASE("preflight: each thing that is wrong is found, alone, with its mend") {
  for (const Case& one : kCases) {
    CAPTURE(one.what);
    Pair pair;
    one.spoil(pair);
    const auto found = examine(pair.move());
    REQUIRE_FALSE(found.empty());
    for (const Finding& finding : found) {
      CAPTURE(finding.what);
      CHECK(finding.check == one.check);
      CHECK(finding.severity == one.severity);
      CHECK_FALSE(finding.mend.empty());
    }
    CAPTURE(found[0].what);
    CHECK(found[0].what.find(one.says) != std::string::npos);
    const auto first = obstacle(pair.move());
    CHECK(first.has_value() == (one.severity == Severity::no));
    if (first) CHECK(first->what == found[0].what);
  }
}

TEST_CASE("preflight: precopy: old versions and userfaultfd are no obstacle") {
  Pair pair;
  pair.mode = MigrationMode::precopy;
  pair.target.libvirt_version = 7'000'000;
  pair.target.qemu_version = pair.source.qemu_version = 2'000'000;
  facts(pair).userfaultfd = Userfaultfd::none;
  CHECK(examine(pair.move()).empty());
}

TEST_CASE("preflight: its own definition at the target: libvirt renews it") {
  Pair pair;
  pair.target.defined = {{vm_id("web1"), "web1"}};
  CHECK(examine(pair.move()).empty());
}

TEST_CASE("preflight: QEMU runs as root: root's userfaultfd will do") {
  Pair pair;
  facts(pair).userfaultfd = Userfaultfd::root;
  facts(pair).qemu_user = "root";
  CHECK(examine(pair.move()).empty());
}

TEST_CASE("preflight: the agent names a tie that the definition shows: said once") {
  Pair pair;
  pair.vm.ties = {{TieKind::host_device, "host device (pci)"}};
  pair.source_hello.vms[0].unmovable = "host device (pci)";
  CHECK(examine(pair.move()).size() == 1);
}

TEST_CASE("preflight: a no stands before the warnings") {
  Pair pair;
  pair.target.free = {kGib};
  pair.target.uuid = "uuid-1";
  const auto found = examine(pair.move());
  REQUIRE(found.size() == 2);
  CHECK(found[0].severity == Severity::no);
}

TEST_CASE("preflight: nothing is known of the target: no obstacle") {
  Pair pair;
  Move move = pair.move();
  move.target = {{"h2"}, nullptr, nullptr, nullptr, {}, {}};
  move.fit = nullptr;
  CHECK_FALSE(obstacle(move));
}
