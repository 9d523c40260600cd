// What a turn is given: everything from outside that may change a decision, in the order it came.
//
// Each is written to the journal as it is (fields), but for samples, which stand in the `stats`
// stream and are named by their range. Source: DESIGN.md §5 "journal".
#pragma once

#include "actors/host/wake_record.h"
#include "actors/ports/host_wake.h"
#include "actors/ports/orders.h"
#include "actors/ports/stream.h"

namespace actors::input {

using namespace std::string_view_literals;

/// What a port's call came back with instead of a value.
struct Failure {
  reactor::Errc code = reactor::Errc::unreachable;
  std::string detail;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("code", self.code)("detail", self.detail);
  }
};

struct Stats {
  static constexpr auto kKind = "stats"sv;
  StreamId first, last;
  std::int64_t malformed = 0;
  std::vector<ports::HostSample> samples;  ///< not in the journal: a replay reads first..last
  std::optional<std::int64_t> count{};  ///< of samples, in the journal: so it sees if some are gone
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("first", self.first)("last", self.last)("malformed", self.malformed);
    archive("count", self.count);
  }
};

struct Hello {
  static constexpr auto kKind = "hello"sv;
  HostId host;
  std::optional<ports::HostHello> hello;  ///< none: it has never said one, or could not be read
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("hello", self.hello);
  }
};

struct AgentReply {
  static constexpr auto kKind = "reply"sv;
  ports::Reply reply;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("reply", self.reply);
  }
};

struct Linked {
  static constexpr auto kKind = "linked"sv;
  HostId host;
  std::vector<ports::DomainLook> domains;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("domains", self.domains);
  }
};

struct Unlinked {
  static constexpr auto kKind = "unlinked"sv;
  HostId host;
  std::string why;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("why", self.why);
  }
};

struct News {
  static constexpr auto kKind = "news"sv;
  ports::DomainNews news;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("news", self.news);
  }
};

struct Counted {
  static constexpr auto kKind = "migration_stats"sv;
  ports::MigrationStats stats;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("stats", self.stats);
  }
};

struct LookDone {
  static constexpr auto kKind = "looked"sv;
  HostId host;
  VmId vm;
  std::optional<ports::DomainLook> look;  ///< none: the host did not answer
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("vm", self.vm)("look", self.look);
  }
};

struct Surveyed {
  static constexpr auto kKind = "surveyed"sv;
  HostId host;
  std::optional<ports::Survey> survey;  ///< none: the host did not answer
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("survey", self.survey);
  }
};

/// Something that was asked for of a migration came back.
struct CallDone {
  MigrationId migration;
  std::optional<Failure> failure;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("migration", self.migration)("failure", self.failure);
  }
};

/// A definition was kept, or what is kept of its move was marked.
struct DefinitionDone : CallDone {
  static constexpr auto kKind = "definition"sv;
};

struct MigrateDone : CallDone {
  static constexpr auto kKind = "migrate_returned"sv;
};

struct ResumeDone : CallDone {
  static constexpr auto kKind = "resume_returned"sv;
};

/// A part of a lost VM was not destroyed, or it was not started anew.
struct ClearingFailed {
  static constexpr auto kKind = "clearing_failed"sv;
  HostId host;
  VmId vm;
  Failure failure;  ///< busy: it was not even tried
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("vm", self.vm)("failure", self.failure);
  }
};

struct OrderDone {
  static constexpr auto kKind = "order_given"sv;
  HostId host;
  ports::OrderKind order = ports::OrderKind::suspend;
  std::optional<OrderId> id;  ///< none: it did not reach the stream, or may not have
  std::string detail;
  std::optional<VmId> vm{};  ///< of the order
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("order", self.order)("id", self.id)("detail", self.detail);
    archive("vm", self.vm);
  }
};

struct WakeDone {
  static constexpr auto kKind = "wake_sent"sv;
  HostId host;
  std::int64_t attempt = 0;
  std::optional<Failure> failure;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("attempt", self.attempt)("failure", self.failure);
  }
};

/// The kept record of its wakes.
struct WakesRead {
  static constexpr auto kKind = "wakes_read"sv;
  HostId host;
  std::optional<WakeRecord> wakes;  ///< none: none is kept
  std::optional<Failure> failure;   ///< or it can't be told
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("wakes", self.wakes)("failure", self.failure);
  }
};

/// Moves whose definitions are kept.
struct MovesRead {
  static constexpr auto kKind = "moves_read"sv;
  std::vector<ports::KeptMove> moves;
  std::optional<Failure> failure;  ///< or they can't be told
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("moves", self.moves)("failure", self.failure);
  }
};

/// An operator wants to see these hosts wake.
struct DrillAsked {
  static constexpr auto kKind = "drill_asked"sv;
  std::vector<HostId> hosts;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("hosts", self.hosts);
  }
};

struct AlertDone {
  static constexpr auto kKind = "alert_told"sv;
  std::optional<Failure> failure;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("failure", self.failure);
  }
};

struct PowerDone {
  static constexpr auto kKind = "power"sv;
  HostId host;
  std::optional<ports::Power> power;
  std::string detail;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("power", self.power)("detail", self.detail);
  }
};

struct Leading {
  static constexpr auto kKind = "leading"sv;
  std::int64_t epoch = 0;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("epoch", self.epoch);
  }
};

struct Blind {
  static constexpr auto kKind = "blind"sv;
  std::string why;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("why", self.why);
  }
};

struct NewSettings {
  static constexpr auto kKind = "settings"sv;
  Settings settings;
  std::string difference;  ///< for people: what changed
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("settings", self.settings)("difference", self.difference);
  }
};

struct Ticked {
  static constexpr auto kKind = "tick"sv;
  template <class Archive, class Self>
  static void fields(Archive&, Self&) {}
};

}  // namespace actors::input

namespace reactor {
using namespace std::string_view_literals;
constexpr auto names(Errc) {
  return std::array{"busy"sv, "refused"sv, "unreachable"sv, "outcome_unknown"sv, "malformed"sv};
}
}  // namespace reactor

namespace actors {

using Input =
    std::variant<input::Stats, input::Hello, input::AgentReply, input::Linked, input::Unlinked,
                 input::News, input::Counted, input::LookDone, input::Surveyed,
                 input::DefinitionDone, input::MigrateDone, input::ResumeDone,
                 input::ClearingFailed, input::OrderDone, input::WakeDone, input::PowerDone,
                 input::WakesRead, input::MovesRead, input::DrillAsked, input::AlertDone,
                 input::Leading, input::Blind, input::NewSettings, input::Ticked>;

}  // namespace actors
