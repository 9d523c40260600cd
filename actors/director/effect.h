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

struct ReadHello {
  static constexpr auto kKind = "read_hello"sv;
  static constexpr bool kConsequences = false;
  HostId host;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host);
  }
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

struct CloseLink {
  static constexpr auto kKind = "close_link"sv;
  static constexpr bool kConsequences = false;
  HostId host;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host);
  }
};

struct LookAt {
  static constexpr auto kKind = "look_at"sv;
  static constexpr bool kConsequences = false;
  HostId host;
  VmId vm;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("vm", self.vm);
  }
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

struct ReadPower {
  static constexpr auto kKind = "read_power"sv;
  static constexpr bool kConsequences = false;
  HostId host;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host);
  }
};

/// Of a VM that sets out, as its source describes it.
struct KeepDefinition {
  static constexpr auto kKind = "keep_definition"sv;
  static constexpr bool kConsequences = true;
  MigrationId migration;
  ports::KeptMove move;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("migration", self.migration)("move", self.move);
  }
};

/// What has become of the move, beside its definition.
struct MarkDefinition {
  static constexpr auto kKind = "mark_definition"sv;
  static constexpr bool kConsequences = true;
  MigrationId migration;
  ports::KeptMove move;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    KeepDefinition::fields(archive, self);
  }
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

struct Migrate {
  static constexpr auto kKind = "migrate"sv;
  static constexpr bool kConsequences = true;
  MigrationId migration;
  ports::MigrateCall call;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    call_fields(archive, self);
  }
  /// Of an effect that is one call of a migration.
  template <class Archive, class Self>
  static void call_fields(Archive& archive, Self& self) {
    auto& call = self.call;
    archive("migration", self.migration)("vm", call.vm)("source", call.source);
    archive("target", call.target)("mode", call.mode)("bandwidth_mib_s", call.bandwidth_mib_s);
    archive("postcopy_bandwidth_mib_s", call.postcopy_bandwidth_mib_s);
    archive("target_uri", call.target_uri)("migration_address", call.migration_address);
  }
};

/// The source's side of a postcopy that broke.
struct PausePostcopy {
  static constexpr auto kKind = "pause_postcopy"sv;
  static constexpr bool kConsequences = true;
  MigrationId migration;
  HostId source;
  VmId vm;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("migration", self.migration)("source", self.source)("vm", self.vm);
  }
};

struct ResumePostcopy {
  static constexpr auto kKind = "resume_postcopy"sv;
  static constexpr bool kConsequences = true;
  MigrationId migration;
  ports::MigrateCall call;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    Migrate::call_fields(archive, self);
  }
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
struct SuspendDomain {
  static constexpr auto kKind = "suspend_domain"sv;
  static constexpr bool kConsequences = true;
  HostId host;
  VmId vm;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("vm", self.vm);
  }
};

/// What is left of a VM that is lost.
struct DestroyRemains {
  static constexpr auto kKind = "destroy_remains"sv;
  static constexpr bool kConsequences = true;
  HostId host;
  VmId vm;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("vm", self.vm);
  }
};

/// From its kept definition.
struct StartAnew {
  static constexpr auto kKind = "start_anew"sv;
  static constexpr bool kConsequences = true;
  HostId host;
  VmId vm;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("vm", self.vm);
  }
};

struct AbortMigration {
  static constexpr auto kKind = "abort_migration"sv;
  static constexpr bool kConsequences = true;
  MigrationId migration;
  HostId source;
  VmId vm;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("migration", self.migration)("source", self.source)("vm", self.vm);
  }
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

struct ReadWakes {
  static constexpr auto kKind = "read_wakes"sv;
  static constexpr bool kConsequences = false;
  HostId host;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host);
  }
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
