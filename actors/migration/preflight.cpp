#include "actors/migration/preflight.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace actors::preflight {

using ports::CpuFit;
using ports::HostFacts;
using ports::TieKind;
using ports::VmNeeds;

namespace {

constexpr std::int64_t kResumes = 8'005'000;       // libvirt: VIR_MIGRATE_POSTCOPY_RESUME
constexpr std::int64_t kQemuRecovers = 3'000'000;  // migrate-recover
constexpr std::int64_t kMinor = 1'000;             // of a version as libvirt numbers it
constexpr Kib kUsualHugePage{2'048};
constexpr reactor::Duration kClocksApart{1'000};

/// What was found; with `only_no`, warnings are not even put into words.
class Report {
 public:
  explicit Report(bool only_no) : only_no_(only_no) {}

  template <class... Args>
  void no(Check check, std::string_view mend, fmt::format_string<Args...> what, Args&&... args) {
    add(check, Severity::no, std::string{mend}, fmt::format(what, std::forward<Args>(args)...));
  }
  template <class... Args>
  void warn(Check check, std::string_view mend, fmt::format_string<Args...> what, Args&&... args) {
    if (only_no_) return;
    add(check, Severity::warning, std::string{mend},
        fmt::format(what, std::forward<Args>(args)...));
  }
  bool said(std::string_view what) const {
    return std::ranges::count(found_, what, &Finding::what) > 0;
  }
  std::vector<Finding> take() && { return std::move(found_); }
  const std::vector<Finding>& found() const { return found_; }

 private:
  void add(Check check, Severity severity, std::string mend, std::string what) {
    found_.push_back({check, severity, std::move(what), std::move(mend)});
  }

  bool only_no_;
  std::vector<Finding> found_;
};

bool postcopy(const Move& move) {
  return may_be_postcopy(move.mode);
}

std::string version(std::int64_t number) {
  return fmt::format("{}.{}.{}", number / 1'000'000, number / kMinor % kMinor, number % kMinor);
}

const HostFacts* facts_of(const HostSide& side) {
  return side.hello && side.hello->facts ? &*side.hello->facts : nullptr;
}

const ports::InventoryVm* listed(const Move& move) {
  if (!move.source.hello) return nullptr;
  const auto& vms = move.source.hello->vms;
  const auto found = std::ranges::find(vms, move.vm.vm, &ports::InventoryVm::vm);
  return found == vms.end() ? nullptr : &*found;
}

struct TieText {
  Check check;
  const char* mend;
};
TieText text_of(TieKind kind) {
  switch (kind) {
    case TieKind::host_device:
      return {Check::device, "take the device out of the VM, or use an emulated or virtio one"};
    case TieKind::vhost_user:
      return {Check::device, "use a bridged interface or a disk of QEMU's own"};
    case TieKind::local_disk:
      return {Check::disk,
              "put it on storage that all hosts have (NFS, Ceph, iSCSI), and mark it <shareable/> "
              "if it is a block device"};
    case TieKind::host_folder:
      return {Check::device, "take the folder out of the VM, or mount it in the guest by NFS"};
    case TieKind::shared_memory: return {Check::memory_kind, "take it out of the VM"};
    case TieKind::file_memory:
      return {Check::memory_kind, "use <source type='memfd'/> or 'anonymous' in <memoryBacking>"};
    case TieKind::gigantic_pages:
      return {Check::memory_kind, "use pages of 2 MiB in <memoryBacking>"};
    case TieKind::encrypted_memory:
      return {Check::memory_kind, "none with this QEMU: leave it where it is"};
    case TieKind::cpu_not_migratable:
      return {Check::cpu, "take migratable='off' out of <cpu>, and start the VM anew"};
  }
  return {Check::device, ""};
}

void ties(const Move& move, Report& report) {
  for (const ports::Tie& tie : move.vm.ties)
    report.no(text_of(tie.kind).check, text_of(tie.kind).mend, "{}", tie.what);
}

// Whether a file is on shared storage, only the agent of its host can tell.
void disks(const Move& move, Report& report) {
  const auto* by_agent = listed(move);
  if (by_agent && by_agent->unmovable && !report.said(*by_agent->unmovable))
    report.no(Check::disk, text_of(TieKind::local_disk).mend, "{}", *by_agent->unmovable);
  if (by_agent) return;
  for (const std::string& file : move.vm.files)
    report.warn(Check::disk, "start `nemuri agent` there, or mark the disk <shareable/>",
                "whether {} is on shared storage, only the agent of {} can tell", file,
                move.source.host.text);
}

void libvirt(const Move& move, Report& report) {
  for (const HostSide* side : {&move.source, &move.target}) {
    if (!side->offers || side->offers->libvirt_version >= kResumes || !postcopy(move)) continue;
    report.no(Check::libvirt,
              "upgrade libvirt of " + side->host.text + ", or set migration.mode: precopy",
              "libvirt {} on {}: a postcopy that breaks can be resumed from 8.5.0 on only",
              version(side->offers->libvirt_version), side->host.text);
  }
}

void qemu(const Move& move, Report& report) {
  for (const HostSide* side : {&move.source, &move.target}) {
    if (!side->offers || side->offers->qemu_version >= kQemuRecovers || !postcopy(move)) continue;
    report.no(Check::qemu, "upgrade QEMU of " + side->host.text,
              "QEMU {} on {}: a postcopy that breaks can be resumed from 3.0.0 on only",
              version(side->offers->qemu_version), side->host.text);
  }
  if (!move.source.offers || !move.target.offers) return;
  const auto from = move.source.offers->qemu_version, to = move.target.offers->qemu_version;
  if (to / kMinor < from / kMinor)
    report.warn(Check::qemu, "upgrade QEMU of the target",
                "QEMU {} on {} is older than {} on {}: works only as long as the VM uses nothing "
                "newer",
                version(to), move.target.host.text, version(from), move.source.host.text);
}

void guest_kind(const Move& move, Report& report) {
  if (!move.target.offers) return;
  const VmNeeds& vm = move.vm;
  const auto& guests = move.target.offers->guests;
  const auto kind = std::ranges::find_if(
      guests, [&](const auto& one) { return one.virt == vm.virt && one.arch == vm.arch; });
  const std::string& host = move.target.host.text;
  if (kind == guests.end())
    return report.no(Check::guest_kind,
                     "switch virtualization on in its firmware, load the kvm modules, install QEMU "
                     "for this architecture",
                     "{} runs no {} guests of {}", host, vm.virt, vm.arch);
  if (!std::ranges::binary_search(kind->machines, vm.machine))
    report.no(Check::machine,
              "upgrade QEMU of " + host + ", or start the VM anew with a machine type both have",
              "machine type {} is not known to QEMU {} of {}", vm.machine,
              version(move.target.offers->qemu_version), host);
}

void cpu(const Move& move, Report& report) {
  if (!move.cpu) return;
  const std::string& host = move.target.host.text;
  if (!move.fit || move.fit->fit == CpuFit::unknown) {
    report.warn(Check::cpu, "see `virsh hypervisor-cpu-compare` there",
                "whether its CPU fits {} is not known{}{}", host, move.fit ? ": " : "",
                move.fit ? move.fit->why : "");
  } else if (move.fit->fit == CpuFit::incompatible) {
    report.no(Check::cpu,
              "give the VM a CPU model that all hosts have (`virsh hypervisor-cpu-baseline`), and "
              "start it anew",
              "its CPU does not fit {}: {}", host, move.fit->why);
  } else if (move.cpu->of_host && move.fit->fit == CpuFit::superset) {
    report.warn(Check::cpu, "use a named CPU model instead of host-passthrough",
                "it has the very CPU of {}, and that of {} is another one", move.source.host.text,
                host);
  }
}

void userfaultfd(const Move& move, Report& report) {
  const HostFacts* facts = facts_of(move.target);
  if (!facts || !postcopy(move)) return;
  const std::string& host = move.target.host.text;
  if (facts->userfaultfd == ports::Userfaultfd::none)
    return report.no(Check::userfaultfd, "run a kernel with CONFIG_USERFAULTFD",
                     "the kernel of {} has no userfaultfd, which postcopy needs", host);
  if (facts->userfaultfd == ports::Userfaultfd::everybody || facts->qemu_user == "root") return;
  constexpr auto kMend = "sysctl vm.unprivileged_userfaultfd=1 there, and keep it in /etc/sysctl.d";
  if (facts->qemu_user.empty())
    report.warn(Check::userfaultfd, kMend,
                "userfaultfd of {} is for root only; as whom its QEMU runs is not known", host);
  else
    report.no(Check::userfaultfd, kMend,
              "userfaultfd of {} is for root only, and its QEMU runs as {}", host,
              facts->qemu_user);
}

void huge_pages(const Move& move, Report& report) {
  if (!move.target.offers) return;
  const std::string& host = move.target.host.text;
  for (const Kib& asked : move.vm.page_sizes) {
    const Kib size = asked.count > 0 ? asked : kUsualHugePage;
    const auto& there = move.target.offers->huge_pages;
    const auto pages = std::ranges::find(there, size, &ports::FreePages::size);
    const std::int64_t wanted = move.vm.memory.count / size.count;
    const auto mend = fmt::format("reserve {} pages there (vm.nr_hugepages)", wanted);
    if (pages == there.end())
      report.no(Check::memory_kind, mend, "{} has no huge pages of {} KiB", host, size.count);
    else if (pages->free < wanted)
      report.warn(Check::memory_kind, mend, "{} has {} huge pages of {} KiB free, the VM needs {}",
                  host, pages->free, size.count, wanted);
  }
}

void memory(const Move& move, Report& report) {
  const HostSide& to = move.target;
  if (!to.offers) return;
  const Kib total = to.hello ? std::min(to.hello->memory, to.offers->memory) : to.offers->memory;
  const std::int64_t need = move.vm.memory.count / 1024;
  if (total < move.vm.memory)
    report.no(Check::memory, "give the VM less memory, or the host more",
              "it may use {} MiB, and {} has {} MiB in all", need, to.host.text,
              total.count / 1024);
  else if (to.offers->free < move.vm.memory)
    report.warn(Check::memory, "none needed if caches take up the rest",
                "it may use {} MiB, and {} has {} MiB free", need, to.host.text,
                to.offers->free.count / 1024);
}

// The same name with the same UUID is its own definition, which libvirt renews.
void name(const Move& move, Report& report) {
  const std::string& host = move.target.host.text;
  const auto look = [&](const std::vector<ports::DefinedDomain>& domains, bool running) {
    for (const ports::DefinedDomain& other : domains) {
      const bool name = other.name == move.vm.name, uuid = other.vm == move.vm.vm;
      if (name == uuid && !(running && uuid)) continue;
      const auto taken = uuid ? "UUID " + other.vm.text() : "name " + other.name;
      report.no(Check::name,
                running ? "find out which of the two is the right one, and end the other"
                        : "`virsh undefine " + other.name + "` there, or rename it",
                "the {} is taken on {}, by a domain that {}", taken, host,
                running ? "runs" : "is defined");
    }
  };
  if (move.target.offers) look(move.target.offers->defined, false);
  if (move.target.running) look(*move.target.running, true);
}

// A libvirt that hung, or lost its peer, as the VM came in may hold on to it, and says that it is
// being started to all that come after (docs/failures.md [I6]).
void half_started(const Move& move, Report& report) {
  if (!move.target.offers) return;
  for (const ports::DefinedDomain& left : move.target.offers->defined)
    if (left.vm == move.vm.vm && !left.persistent)
      report.no(Check::name, "start libvirtd there anew (guests live on)",
                "libvirt of {} holds on to a start of it that never ended", move.target.host.text);
}

void same_host(const Move& move, Report& report) {
  if (!move.source.offers || !move.target.offers) return;
  const std::string& uuid = move.source.offers->uuid;
  if (uuid.empty() || uuid != move.target.offers->uuid) return;
  report.no(Check::same_host, "set a host_uuid of its own in libvirtd.conf of each",
            "libvirt takes {} and {} for the same host: both have UUID {}", move.source.host.text,
            move.target.host.text, uuid);
}

void address(const Move& move, Report& report) {
  const HostSide& to = move.target;
  const HostFacts* facts = facts_of(to);
  if (facts && facts->address_here == false)
    report.no(Check::address, "mend --migration-address of its agent",
              "the migration address {} is on no interface of {}", to.hello->migration_address,
              to.host.text);
  if (!to.silent_port) return;
  const HostFacts ports = facts ? *facts : HostFacts{};
  report.warn(Check::address,
              fmt::format("let hosts reach one another's ports {} to {}", ports.first_port,
                          ports.last_port),
              "no answer at all from the migration address of {}, port {}, to this machine",
              to.host.text, *to.silent_port);
}

void clock(const Move& move, Report& report) {
  constexpr auto kMend = "run chrony or systemd-timesyncd on all hosts";
  const HostFacts* facts = facts_of(move.target);
  if (facts && facts->clock == ports::ClockState::free_running)
    report.warn(Check::clock, kMend, "the clock of {} is not synchronized", move.target.host.text);
  const auto &from = move.source.clock_ahead, &to = move.target.clock_ahead;
  if (!from || !to || (*to - *from < kClocksApart && *from - *to < kClocksApart)) return;
  report.warn(Check::clock, kMend, "the clock of {} is {} ms ahead of that of {}",
              move.target.host.text, (*to - *from).count(), move.source.host.text);
}

void agent(const Move& move, Report& report) {
  const std::string& host = move.target.host.text;
  if (!move.target.hello)
    report.warn(Check::agent, "start `nemuri agent` there",
                "no word of the agent of {}: userfaultfd, ports and clock are not known", host);
  else if (!facts_of(move.target))
    report.warn(Check::agent, "upgrade `nemuri agent` there",
                "the agent of {} is too old to tell of userfaultfd, ports and clock", host);
}

constexpr std::array kChecks{ties,         disks,       libvirt,    qemu,   guest_kind,
                             cpu,          userfaultfd, huge_pages, memory, name,
                             half_started, same_host,   address,    clock,  agent};

}  // namespace

std::vector<Finding> examine(const Move& move) {
  Report report{false};
  for (const auto check : kChecks)
    check(move, report);
  std::vector<Finding> out = std::move(report).take();
  std::ranges::stable_sort(out, std::ranges::greater{}, &Finding::severity);
  return out;
}

std::optional<Finding> obstacle(const Move& move) {
  Report report{true};
  for (const auto check : kChecks) {
    check(move, report);
    if (!report.found().empty()) return report.found().front();
  }
  return std::nullopt;
}

}  // namespace actors::preflight
