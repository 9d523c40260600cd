// The one place that sees events, actors and effects together: what came in is handed to the
// actors, the policy's intents to those who may refuse them, and what they say is put in one order.
//
// A turn is a function of the state before it, its time and its inputs; nothing else. So the same
// director runs live, in simulation and in a replay. Source: DESIGN.md §4, §5, §8.
#pragma once

#include <memory>

#include "actors/director/change.h"
#include "actors/director/effect.h"
#include "actors/director/input.h"
#include "actors/policy/drills.h"
#include "actors/policy/policy.h"
#include "actors/policy/reserve.h"
#include "actors/pool/agenda.h"

namespace actors {

struct Turn {
  std::vector<Change> changes;
  std::vector<Effect> effects;
};

class Director {
 public:
  /// `settings.policy` must be one that make_policy() knows.
  explicit Director(Settings settings);

  Turn turn(reactor::Instant now, const std::vector<Input>& inputs);

  const Pool& pool() const { return pool_; }
  bool blind() const { return blind_.has_value(); }
  const std::optional<std::string>& why_blind() const { return blind_; }
  /// leading, held (nothing more is moved or put to sleep) or blind (the same, as nothing is seen).
  std::string pool_state() const;
  const std::optional<Reason>& why_held() const { return held_; }

  std::string snapshot() const;  ///< JSON
  /// The director that snapshot() wrote. Errors: malformed.
  static reactor::Result<Director> restore(std::string_view snapshot);

 private:
  Director() = default;

  // Inputs.
  void take(const input::Stats& stats);
  void take(const input::Hello& event);
  void take(const input::AgentReply& event);
  void take(const input::Linked& event);
  void take(const input::Unlinked& event);
  void take(const input::News& event);
  void take(const input::Counted& event);
  void take(const input::LookDone& event);
  void take(const input::Surveyed& event);
  void take(const input::DefinitionDone& event);
  void take(const input::MigrateDone& event);
  void take(const input::ResumeDone& event);
  void take(const input::OrderDone& event);
  void take(const input::WakeDone& event);
  void take(const input::PowerDone& event);
  void take(const input::WakesRead& event);
  void take(const input::DrillAsked& event);
  void take(const input::AlertDone& event);
  void take(const input::Leading& event);
  void take(const input::Blind& event);
  void take(const input::NewSettings& event);
  void take(const input::Ticked&) { ticked_ = true; }

  bool take_sample(Host& host, const ports::HostSample& sample);
  bool believed(Host& host, const ports::HostSample& sample);
  void measure_vms(Host& host);
  void place(const HostId& host, const ports::DomainLook& look);
  void refresh_facts(const VmId& id);
  void ask_hello(Host& host);
  void note_boot(const Host& host, const ports::HostHello& hello);
  void went_down(Host& host);
  void ensure_hosts();
  void drop_unplanned();
  void close_desks(const Settings& next);
  void unlisted(const HostId& host, const std::vector<ports::DomainLook>& domains);

  // Preflight: asked when a host or a VM becomes known, so that its answer is there before a move.
  void survey(Host& host, const std::vector<ports::DomainLook>& domains);
  void survey(const HostId& host, const VmId& vm);
  void learn_cpus(const HostId& from, const std::vector<ports::GuestCpu>& cpus);
  void refresh_all_facts();
  bool answered(const HostId& target) const;
  void turn_away(const VmId& vm, const HostId& target);

  // Migrations that are not ours, or not any more since we were started anew.
  struct Ends {
    HostId source, target;
  };
  void note_passing(Host& host, const ports::DomainLook& look);
  void look_at_passing(Host& host);
  void adopt(const ports::DomainLook& look);
  std::optional<Ends> ends_of(const VmId& vm) const;
  bool leaves_for_nowhere(const Host& host) const;
  Vm& describe(const ports::DomainLook& look);

  // What follows from them, in this order.
  void settle();
  void tick_all();
  void feed_desks();
  void plan();
  void start_ready();
  void feed_hosts();
  void feed(Host& host);
  void note_due(Host& host);

  // Until we know what runs and what is on its way, nothing is begun.
  bool may_act() const { return !blind_ && !held_ && surveyed_; }
  void survey();
  bool met_all() const;

  void follow_one(const DistributeIntent& intent);
  void follow_one(const CallOffIntent& intent);
  void follow_one(const ReturnIntent& intent);
  void follow_one(const NoRoomIntent& intent);
  void follow_one(const SayIntent& intent);

  bool ready(const VmActor& vm) const;
  void start(const VmId& id);
  void only_say(const VmId& id);
  void only_say_idle(Host& host);
  void list_again(Host& host);

  // Who may sleep, and who is to be awake though nobody needs him.
  void ask_wakes(const Host& host);
  void ask_drill(Host& host);
  std::string why_no_drill(const Host& host) const;
  Needed needs_of(Host& host);
  bool weighed(const Host& host) const;
  void choose_reserve();
  static std::optional<int> reserve_rank(const Host& host);
  Duration longest_wake() const;
  void drill_ended(Host& host, Duration took, bool resumed);
  void power_changed(Host& host, const HostChanged& change, reactor::Instant since);

  std::optional<Reason> budget_spent();
  void weigh_silence();
  void tell_people();

  // Every event to an actor goes through one of these, so that nothing it says gets lost.
  void tell(const VmId& id, const VmEvent& event);
  void tell(Host& host, const HostEvent& event);
  void tell(const MigrationId& id, const MigrationEvent& event);
  void tell_desk(const HostId& id, const DeskEvent& event);
  void tell_desk(Host& host, const DeskEvent& event);
  void answer(const HostId& desk, const RequestChanged& change);

  // What changed is looked at again: by whoever asks for its load; or also by who may use it.
  void touch(const HostId& host);
  void touch_use(const HostId& host);
  void touch_use(Host& host);
  void touch_all();
  void moved(const Place& from, const VmActor& vm);
  void look_when_free(const VmActor& vm);
  void restart_window(Host& host);

  void changed_place(const VmId& vm, const HostId& from);
  void left_state(const VmId& id, const VmEvent& event, VmState from, const HostId& desk);
  void act(Host& host, const HostEffect& effect);
  void give(Host& host, ports::OrderKind kind);
  void add_commands(const MigrationPlan& plan, Reason& reason) const;
  void act(const MigrationPlan& plan, MigrationEffect effect);
  void follow(Migration migration);
  void conclude(const MigrationId& id);
  MigrationId next_migration() { return {"m" + std::to_string(++migrations_begun_)}; }
  void say(Change change) { out_.changes.push_back(std::move(change)); }
  void say_of(const Host& host, Reason reason);
  void say_pool(std::string from, std::string to, Reason reason);
  Measured measure(const Host& host) const;
  bool fresh(const Host& host) const;
  ports::MigrateCall call_of(const MigrationPlan& plan) const;
  std::optional<MigrationId> migration_at(const HostId& host, const VmId& vm) const;
  Host* find_host(const HostId& host);

  Pool pool_;
  std::unique_ptr<Policy> policy_;
  std::int64_t epoch_ = 0;
  std::int64_t migrations_begun_ = 0;
  std::optional<std::string> blind_{"not leading yet"};
  bool surveyed_ = false;
  std::optional<reactor::Instant> led_since_;  ///< for the first time
  reactor::Instant leads_since_{};             ///< not blind
  std::optional<Reason> held_;
  Drills drills_;
  Reserve reserve_;
  bool reserved_ = false;  ///< some host is
  Alerts alerts_;
  bool alert_failing_ = false;
  std::vector<reactor::Instant> moves_;  ///< begun within the hour; kept if there is a limit

  // One turn's.
  reactor::Instant now_{};
  bool ticked_ = false;
  bool recount_ = true;  ///< who is silent
  Turn out_;
  Agenda agenda_;
};

}  // namespace actors
