// The one place that sees events, actors and effects together: what came in is handed to the
// actors, the policy's intents to those who may refuse them, and what they say is put in one order.
//
// A turn is a function of the state before it, its time and its inputs; nothing else. So the same
// director runs live, in simulation and in a replay. Source: DESIGN.md §4, §5, §8.
#pragma once

#include <memory>

#include "actors/director/kept_moves.h"
#include "actors/director/moves.h"
#include "actors/director/samples.h"

namespace actors {

class Director {
 public:
  /// `settings.policy` must be one that make_policy() knows.
  explicit Director(Settings settings);

  Turn turn(reactor::Instant now, const std::vector<Input>& inputs);

  const Pool& pool() const { return stage_.pool; }
  bool blind() const { return guard_.why_blind().has_value(); }
  const std::optional<std::string>& why_blind() const { return guard_.why_blind(); }
  /// held: nothing more is moved or put to sleep; blind: the same, as nothing is seen.
  PoolState pool_state() const { return guard_.state(); }
  const std::optional<Reason>& why_held() const { return guard_.why_held(); }

  std::string snapshot() const;  ///< JSON
  /// The director that snapshot() wrote. Errors: malformed.
  static reactor::Result<std::unique_ptr<Director>> restore(std::string_view snapshot);

 private:
  Director() = default;

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self);

  // Inputs, and whose they are.
  void take(const input::Stats& event) { samples_.take(event); }
  void take(const input::Hello& event) {
    links_.take(event);
    guard_.said_hello(event.host);
  }
  void take(const input::AgentReply& event) {
    event.reply.vm ? migrations_.take(event) : hosts_.take(event);
  }
  void take(const input::OrderDone& event) {
    event.vm ? migrations_.take(event) : hosts_.take(event);
  }
  void take(const input::WakeDone& event) { hosts_.take(event); }
  void take(const input::PowerDone& event) { hosts_.take(event); }
  void take(const input::WakesRead& event) { readiness_.take(event); }
  void take(const input::MovesRead& event) { kept_moves_.take(event); }
  void take(const input::DrillAsked& event) { readiness_.take(event); }
  void take(const input::Linked& event) { sightings_.take(event); }
  void take(const input::Unlinked& event) { sightings_.take(event); }
  void take(const input::News& event) { sightings_.take(event); }
  void take(const input::LookDone& event) { sightings_.take(event); }
  void take(const input::Surveyed& event) { surveys_.take(event); }
  void take(const input::Counted& event) { migrations_.take(event); }
  void take(const input::DefinitionDone& event) { migrations_.take(event); }
  void take(const input::MigrateDone& event) { migrations_.take(event); }
  void take(const input::ResumeDone& event) { migrations_.take(event); }
  void take(const input::ClearingFailed& event) { migrations_.take(event); }
  void take(const input::Leading& event);
  void take(const input::Blind& event) { guard_.take(event); }
  void take(const input::NewSettings& event);
  void take(const input::AlertDone& event);
  void take(const input::Ticked&) { ticked_ = true; }

  // Hosts, as conf.yaml names them.
  void close_desks(const Settings& next);
  void ensure_hosts();
  void meet(Host& host);
  void drop_unplanned();
  void forget(Host& host);

  // What follows from inputs, in this order.
  void settle();
  void tick();
  void feed_hosts();
  void tick(Host& host);
  void note_due(Host& host);
  void tell_people();

  // Each stands on those above it only.
  Stage stage_;
  PoolGuard guard_{stage_};
  Vms vms_{stage_};
  Surveys surveys_{stage_, vms_};
  Links links_{stage_, surveys_};
  Readiness readiness_{stage_, guard_};
  Hosts hosts_{stage_, guard_, readiness_, links_};
  Samples samples_{stage_, vms_, links_, hosts_};
  Migrations migrations_{stage_, vms_};
  Sightings sightings_{stage_, vms_, surveys_, migrations_};
  KeptMoves kept_moves_{stage_, guard_, sightings_};
  Moves moves_{stage_, vms_, surveys_, migrations_, readiness_};
  Alerts alerts_;
  bool alert_failing_ = false;
  bool ticked_ = false;  ///< in this turn
};

}  // namespace actors
