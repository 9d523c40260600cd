// What a turn asks of the world. One that has consequences leaves only once its turn is in the
// journal (DESIGN.md §5); one that only looks may leave at once.
#pragma once

#include "actors/director/alerts.h"
#include "actors/host/wake_record.h"
#include "actors/ports/hypervisor.h"
#include "actors/ports/orders.h"
#include "actors/ports/stream.h"

namespace actors::effect {

using namespace std::string_view_literals;

struct OfHost {
  HostId host;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host);
  }
};

struct OfDomain {
  HostId host;
  VmId vm;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("vm", self.vm);
  }
};

/// Of a migration, at its source.
struct OfSource {
  MigrationId migration;
  HostId source;
  VmId vm;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("migration", self.migration)("source", self.source)("vm", self.vm);
  }
};

/// Of a migration, as it is kept.
struct OfMove {
  MigrationId migration;
  ports::KeptMove move;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("migration", self.migration)("move", self.move);
  }
};

/// That is one call of a migration.
struct OfCall {
  MigrationId migration;
  ports::MigrateCall call;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    auto& call = self.call;
    archive("migration", self.migration)("vm", call.vm)("source", call.source);
    archive("target", call.target)("mode", call.mode)("bandwidth_mib_s", call.bandwidth_mib_s);
    archive("postcopy_bandwidth_mib_s", call.postcopy_bandwidth_mib_s);
    archive("target_uri", call.target_uri)("migration_address", call.migration_address);
  }
};

struct ReadHello : OfHost {
  static constexpr auto kKind = "read_hello"sv;
  static constexpr bool kConsequences = false;
};

struct OpenLink {
  static constexpr auto kKind = "open_link"sv;
  static constexpr bool kConsequences = false;
  HostId host;
  std::string uri;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("uri", self.uri);
  }
};

struct CloseLink : OfHost {
  static constexpr auto kKind = "close_link"sv;
  static constexpr bool kConsequences = false;
};

struct LookAt : OfDomain {
  static constexpr auto kKind = "look_at"sv;
  static constexpr bool kConsequences = false;
};

struct Survey {
  static constexpr auto kKind = "survey"sv;
  static constexpr bool kConsequences = false;
  ports::SurveyCall call;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    auto& call = self.call;
    archive("host", call.host)("vms", call.vms)("cpus", call.cpus);
  }
};

struct ReadPower : OfHost {
  static constexpr auto kKind = "read_power"sv;
  static constexpr bool kConsequences = false;
};

/// Of a VM that sets out, as its source describes it.
struct KeepDefinition : OfMove {
  static constexpr auto kKind = "keep_definition"sv;
  static constexpr bool kConsequences = true;
};

/// What has become of the move, beside its definition.
struct MarkDefinition : OfMove {
  static constexpr auto kKind = "mark_definition"sv;
  static constexpr bool kConsequences = true;
};

struct DropDefinition {
  static constexpr auto kKind = "drop_definition"sv;
  static constexpr bool kConsequences = true;
  VmId vm;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("vm", self.vm);
  }
};

struct Migrate : OfCall {
  static constexpr auto kKind = "migrate"sv;
  static constexpr bool kConsequences = true;
};

/// The source's side of a postcopy that broke.
struct PausePostcopy : OfSource {
  static constexpr auto kKind = "pause_postcopy"sv;
  static constexpr bool kConsequences = true;
};

struct ResumePostcopy : OfCall {
  static constexpr auto kKind = "resume_postcopy"sv;
  static constexpr bool kConsequences = true;
};

/// A postcopy that an earlier controller began.
struct SwitchOver {
  static constexpr auto kKind = "switch_over"sv;
  static constexpr bool kConsequences = true;
  HostId source;
  VmId vm;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("source", self.source)("vm", self.vm);
  }
};

/// The second of a VM that runs on two hosts.
struct SuspendDomain : OfDomain {
  static constexpr auto kKind = "suspend_domain"sv;
  static constexpr bool kConsequences = true;
};

/// What is left of a VM that is lost.
struct DestroyRemains : OfDomain {
  static constexpr auto kKind = "destroy_remains"sv;
  static constexpr bool kConsequences = true;
};

/// From its kept definition.
struct StartAnew : OfDomain {
  static constexpr auto kKind = "start_anew"sv;
  static constexpr bool kConsequences = true;
};

struct AbortMigration : OfSource {
  static constexpr auto kKind = "abort_migration"sv;
  static constexpr bool kConsequences = true;
};

/// What is known of a host's wakes, for the next controller.
struct KeepWakes {
  static constexpr auto kKind = "keep_wakes"sv;
  static constexpr bool kConsequences = false;
  HostId host;
  WakeRecord wakes;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("wakes", self.wakes);
  }
};

struct ReadWakes : OfHost {
  static constexpr auto kKind = "read_wakes"sv;
  static constexpr bool kConsequences = false;
};

/// Those that an earlier controller may have left behind.
struct ReadMoves {
  static constexpr auto kKind = "read_moves"sv;
  static constexpr bool kConsequences = false;
  template <class Archive, class Self>
  static void fields(Archive&, Self&) {}
};

struct GiveOrder {
  static constexpr auto kKind = "give_order"sv;
  static constexpr bool kConsequences = true;
  HostId host;
  ports::Order order;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("order", self.order);
  }
};

/// Consequences, but allowed blind: a host that is up too much harms nobody (DESIGN.md §8, 5).
struct WakeHost {
  static constexpr auto kKind = "wake"sv;
  static constexpr bool kConsequences = false;
  HostId host;
  std::int64_t way = 0, attempt = 0;  ///< as in actors/host/waking.h
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("way", self.way)("attempt", self.attempt);
  }
};

/// People are told, blind or not: then above all.
struct SendAlert {
  static constexpr auto kKind = "alert"sv;
  static constexpr bool kConsequences = false;
  Alert alert;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    Alert::fields(archive, self.alert);
  }
};

}  // namespace actors::effect

namespace actors {

using Effect =
    std::variant<effect::ReadHello, effect::OpenLink, effect::CloseLink, effect::LookAt,
                 effect::Survey, effect::ReadPower, effect::KeepDefinition, effect::MarkDefinition,
                 effect::DropDefinition, effect::ReadMoves, effect::Migrate, effect::AbortMigration,
                 effect::PausePostcopy, effect::ResumePostcopy, effect::SwitchOver,
                 effect::SuspendDomain, effect::DestroyRemains, effect::StartAnew,
                 effect::KeepWakes, effect::ReadWakes, effect::GiveOrder, effect::WakeHost,
                 effect::SendAlert>;

}  // namespace actors
