// What the world says: samples, hellos, replies of agents, news and looks at domains.
//
// Plain data, made by drivers and models, taken by the director as inputs of a turn. Every one of
// them can go into the journal (fields). Source: DESIGN.md §5, §7; LAB.md on domain events.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/ports/preflight.h"

namespace actors::ports {

using namespace std::string_view_literals;

/// What one VM or one host used in one sample's dt. Network and disk in bytes within dt.
struct Use {
  Mcores cpu;
  Kib memory;
  std::int64_t rx = 0, tx = 0, rd = 0, wr = 0;
  friend bool operator==(const Use&, const Use&) = default;
};

/// libvirt's state, as far as a sample tells it.
enum class VmLetter { running, paused, other };
constexpr auto names(VmLetter) {
  return std::array{"r"sv, "p"sv, "o"sv};
}

struct VmSample {
  VmId vm;
  Use use;
  std::int32_t vcpus = 1;
  VmLetter state = VmLetter::running;
};

/// One host-second: an entry of the `stats` stream.
struct HostSample {
  HostId host;
  BootId boot;
  std::int64_t seq = 0;       ///< counts from 1 at the agent's start
  std::int64_t revision = 0;  ///< of the inventory in the host's hash; grows at each hello
  reactor::Duration t{};      ///< BOOTTIME of `boot` at the sample's end
  reactor::Duration wall{};   ///< since 1970; for people only
  reactor::Duration dt{};     ///< what the sample spans, 1 s
  Use use;
  std::vector<VmSample> vms;
};

/// One VM as the host's own agent lists it in its inventory.
struct InventoryVm {
  VmId vm;
  std::string name;
  std::int32_t vcpus = 1;
  Kib max_memory;
  std::optional<std::string> unmovable;  ///< why it can't be moved; none: it can
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("vm", self.vm)("name", self.name)("vcpus", self.vcpus)("max_memory_kib",
                                                                   self.max_memory);
    archive("unmovable", self.unmovable);
  }
  friend bool operator==(const InventoryVm&, const InventoryVm&) = default;
};

enum class AgentState { up, down };  ///< down: written before a suspend that was acknowledged
constexpr auto names(AgentState) {
  return std::array{"up"sv, "down"sv};
}

/// The hash `host:H`: what an agent says of its host at its start, at each resume and whenever the
/// inventory changed.
struct HostHello {
  HostId host;
  BootId boot;
  AgentState state = AgentState::up;
  std::int64_t revision = 0;  ///< BOOTTIME in ms when it was written: grows within a boot
  reactor::Duration hello{};  ///< BOOTTIME of the last start or resume
  Mcores capacity;
  std::optional<std::int64_t> cores;  ///< online; none: an agent that does not say
  Kib memory;
  std::string libvirt_uri;        ///< for the controller
  std::string migration_address;  ///< empty: libvirt's own choice
  std::string version;            ///< of the agent
  std::int64_t epoch = 0;         ///< highest it has seen in an order
  std::vector<InventoryVm> vms;
  std::optional<HostFacts> facts;  ///< none: of an agent that does not tell them yet
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("boot", self.boot)("state", self.state)("revision", self.revision);
    archive("hello_ms", self.hello)("capacity_mcores", self.capacity);
    archive("cores", self.cores)("memory_kib", self.memory);
    archive("libvirt_uri", self.libvirt_uri)("migration_address", self.migration_address);
    archive("version", self.version)("epoch", self.epoch)("vms", self.vms);
    archive("facts", self.facts);
  }
};

enum class ReplyKind { accepted, refused, going_down, resumed };
constexpr auto names(ReplyKind) {
  return std::array{"accepted"sv, "refused"sv, "going_down"sv, "resumed"sv};
}

enum class RefusalKind { none, in_use, stale_order, unable, not_now };
constexpr auto names(RefusalKind) {
  return std::array{"none"sv, "in_use"sv, "stale_order"sv, "unable"sv, "not_now"sv};
}

/// An agent's word on an order; an entry of the `replies` stream.
struct Reply {
  HostId host;
  OrderId order;
  ReplyKind kind = ReplyKind::accepted;
  /// in_use: a domain runs, arrives or leaves there; not_now: whether one does can't be told at
  /// present, as libvirt there does not answer.
  RefusalKind refusal = RefusalKind::none;
  std::string detail;         ///< of a refusal, for people
  reactor::Duration slept{};  ///< of resumed
  std::optional<VmId> vm{};   ///< of the order, if it named one
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("order", self.order)("reply", self.kind)("refusal", self.refusal);
    archive("detail", self.detail)("slept_ms", self.slept)("vm", self.vm);
  }
};

/// What libvirt announced of a domain on one host (LAB.md §5: the sequences seen).
enum class News {
  started,                 ///< booted or restored here, not by a migration
  arriving,                ///< Started Migrated: a target process exists
  suspended_migrating,     ///< Suspended Migrated: the source has stopped executing
  suspended_postcopy,      ///< source: execution has left; never abort from here
  postcopy_failed_source,  ///< Suspended Post-copy Error
  resumed_postcopy,        ///< target executes, pages still missing
  postcopy_failed_target,  ///< Resumed Post-copy Error
  resumed_migrated,        ///< target executes and has everything
  stopped_migrated,        ///< source: its copy is gone for good
  stopped_failed,          ///< target: its half copy is gone
  shut_down,               ///< by its guest, or as its guest was asked to
  destroyed,               ///< by hand; or by libvirt, an arrival whose source's libvirt is gone
  stopped,                 ///< crashed, saved
  suspended,               ///< by an operator, or an I/O error
  resumed,
  changed,  ///< defined anew, or anything that may change what the inventory says
};
constexpr auto names(News) {
  return std::array{"started"sv,
                    "arriving"sv,
                    "suspended_migrating"sv,
                    "suspended_postcopy"sv,
                    "postcopy_failed_source"sv,
                    "resumed_postcopy"sv,
                    "postcopy_failed_target"sv,
                    "resumed_migrated"sv,
                    "stopped_migrated"sv,
                    "stopped_failed"sv,
                    "shut_down"sv,
                    "destroyed"sv,
                    "stopped"sv,
                    "suspended"sv,
                    "resumed"sv,
                    "changed"sv};
}

struct DomainNews {
  HostId host;
  VmId vm;
  News news = News::changed;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("vm", self.vm)("news", self.news);
  }
};

/// A domain as a look at one host found it (virDomainGetState with its reason).
enum class DomainState {
  absent,
  running,
  running_migrated,  ///< arrived, has everything
  running_postcopy,  ///< executes, pages still missing
  running_postcopy_failed,
  paused_migrating,  ///< incoming, before it runs; or outgoing, just before the switch
  paused_postcopy,   ///< source: execution has left
  paused_postcopy_failed,
  paused,
  shutting_down,  ///< still here, and gone in a moment: a guest that ends, or half of a migration
  shut_off,
};
constexpr auto names(DomainState) {
  return std::array{"absent"sv,
                    "running"sv,
                    "running_migrated"sv,
                    "running_postcopy"sv,
                    "running_postcopy_failed"sv,
                    "paused_migrating"sv,
                    "paused_postcopy"sv,
                    "paused_postcopy_failed"sv,
                    "paused"sv,
                    "shutting_down"sv,
                    "shut_off"sv};
}

/// Executes here, or is stopped here, and nothing of it is missing.
constexpr bool runs_here(DomainState state) {
  return state == DomainState::running || state == DomainState::running_migrated ||
         state == DomainState::paused;
}
constexpr bool is_gone(DomainState state) {
  return state == DomainState::absent || state == DomainState::shut_off;
}

struct DomainLook {
  VmId vm;
  DomainState state = DomainState::absent;
  bool job = false;    ///< a migration job is active on this side
  std::string name{};  ///< empty when absent, like the rest
  std::int32_t vcpus = 0;
  Kib max_memory{};
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("vm", self.vm)("state", self.state)("job", self.job)("name", self.name);
    archive("vcpus", self.vcpus)("max_memory_kib", self.max_memory);
  }
};

/// What a finished migration cost, from the job-completed event on its source. -1: not told.
struct MigrationStats {
  HostId source;
  VmId vm;
  reactor::Duration total{};
  std::int64_t bytes = -1;
  std::int64_t page_requests = -1;  ///< of postcopy
  std::int64_t dirty_pages_s = -1;  ///< dirty rate of the last pass
  std::int64_t passes = -1;         ///< of precopy
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("source", self.source)("vm", self.vm)("total_ms", self.total)("bytes", self.bytes);
    archive("page_requests", self.page_requests)("dirty_pages_s", self.dirty_pages_s);
    archive("passes", self.passes);
  }
};

}  // namespace actors::ports
