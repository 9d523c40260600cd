// The record of one migration, as the controller sees it: driven by the events of both hosts and,
// after any doubt, by looks at both ends. libvirt's return code alone is never the truth.
//
// Pure: on() takes an event and the time and gives back phase changes and effects.
// Source: DESIGN.md §7 "A migration"; LAB.md §5 (order of events), §6 (how it breaks).
#pragma once

#include "actors/migration/clearing.h"
#include "actors/migration/events.h"
#include "actors/migration/phase.h"
#include "actors/migration/recovery.h"
#include "actors/reason.h"
#include "actors/settings.h"

namespace actors {

/// What moves, from where to where, and why; fixed for its life.
struct MigrationPlan {
  MigrationId id;
  VmId vm;
  HostId source, target;
  ports::MigrationMode mode = ports::MigrationMode::postcopy;
  Kib memory;  ///< the VM's maximum; the limit of a precopy grows with it
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("id", self.id)("vm", self.vm)("source", self.source)("target", self.target);
    archive("mode", self.mode)("memory_kib", self.memory);
  }
};

struct PhaseChanged {  ///< `from` == `to`: something worth saying within the phase
  Phase from, to;
  Reason reason;
  friend bool operator==(const PhaseChanged&, const PhaseChanged&) = default;
};

enum class MigrationEffect {
  keep_definition,
  call,
  look_at_source,
  look_at_target,
  abort,
  pause_source,
  end_incoming,  ///< by the target's agent
  resume,
  mark_clearing,  ///< durably, before anything is destroyed
  destroy_at_source,
  destroy_at_target,
  start_at_source,
  switch_over,
  suspend_target
};

struct MigrationOutcome {
  std::vector<PhaseChanged> changes;
  std::vector<MigrationEffect> effects;
};

/// What is known of a migration that is not ours, or is an earlier controller's.
enum class Found {
  under_way,  ///< looks saw a part of it
  nowhere,    ///< only its kept definition tells of it: lost, or its guest was shut down meanwhile
  clearing    ///< an earlier controller was about to start it anew
};

class Migration {
 public:
  Migration() = default;
  explicit Migration(MigrationPlan plan) : plan_(std::move(plan)) {}
  /// One that was found under way: begins in doubt, and looks find out where it stands. Of one that
  /// has not switched nobody knows what it was meant to be: it has the limit of a precopy, but
  /// where postcopies are the rule it is switched, if libvirt lets us.
  /// Only what was seen in part, or was being cleared, is ever started anew.
  static Migration adopted(MigrationPlan plan, Found how, reactor::Instant now);

  MigrationOutcome on(reactor::Instant now, const MigrationSettings& settings,
                      const MigrationEvent& event);

  const MigrationPlan& plan() const { return plan_; }
  Phase phase() const { return phase_; }
  bool over() const {
    return phase_ == Phase::complete || phase_ == Phase::stayed || phase_ == Phase::lost ||
           phase_ == Phase::ended;
  }
  /// That a part of it is, or was, somewhere.
  bool seen() const { return seen_; }
  /// Why it ended, or the last thing that was heard of it.
  const Reason& reason() const { return reason_; }
  reactor::Instant began_at() const { return began_at_; }
  /// What is to be said of a VM that arrived by it.
  Reason arrival() const;
  Duration downtime() const;
  Duration total() const { return ended_at_ - began_at_; }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("plan", self.plan_)("phase", self.phase_)("reason", self.reason_);
    archive("began_at", self.began_at_)("stopped_at", self.stopped_at_);
    archive("resumed_at", self.resumed_at_)("ended_at", self.ended_at_);
    archive("doubt_since", self.doubt_since_)("look_at", self.look_at_);
    archive("source_state", self.source_)("target_state", self.target_)("stats", self.stats_);
    archive("source_job", self.source_job_)("lost_once", self.lost_once_);
    archive("has_all", self.has_all_)("source_gone", self.source_gone_);
    archive("call_ended", self.call_ended_)("limit_at", self.limit_at_)("detail", self.detail_);
    archive("aborted", self.aborted_)("shut_down_on", self.shut_down_on_);
    archive("adopted", self.adopted_)("recovery", self.recovery_)("clearing", self.clearing_);
    archive("switches", self.switches_)("twice_once", self.twice_once_)("twice", self.twice_)(
        "parted", self.parted_);
    archive("seen", self.seen_);
  }

 private:
  struct Turn;

  void take(const Begin&, Turn& turn);
  void take(const DefinitionKept& event, Turn& turn);
  void take(const CallEnded& event, Turn& turn);
  void take(const ResumeEnded& event, Turn& turn);
  void take(const IncomingOrdered& event, Turn&) { recovery_.ordered(event.order); }
  void take(const IncomingEnded& event, Turn& turn);
  void take(const NotCleared& event, Turn& turn);
  void take(const Heard& event, Turn& turn);
  void take(const Looked& event, Turn& turn);
  void take(const Counted& event, Turn& turn);
  void take(const EndUnlinked& event, Turn& turn);
  void take(const reactor::Tick&, Turn& turn);

  void source_says(ports::News news, Turn& turn);
  void target_says(ports::News news, Turn& turn);
  void judge(Turn& turn);
  void catch_up(ports::DomainState source, ports::DomainState target, Turn& turn);
  void take_step(RecoveryStep step, Turn& turn);
  void take_step(ClearingStep step, Turn& turn);
  void say(Reason reason, Turn& turn);
  void end_incoming(Turn& turn);
  void resume(Turn& turn);
  void look_anew(reactor::Instant now);
  void part(ports::DomainState target, Turn& turn);
  void switch_adopted(Turn& turn);
  void forget_looks() {
    source_.reset();
    target_.reset();
  }
  void lose(Turn& turn);
  void end(End where, Turn& turn);
  bool goes_on_copying() const;
  void mark(const DefinitionKept& event, Turn& turn);
  void clear(ports::DomainState source, ports::DomainState target, Turn& turn);
  void look(Turn& turn);
  void keep_to_limit(Turn& turn);
  void give_up(Duration limit, Turn& turn);
  bool not_yet_switched() const;
  void note_shutdown(End end, ports::News news);
  void doubt(reactor::Instant now);
  void finish(Turn& turn);
  void stay(Turn& turn);
  void move_to(Phase to, Reason reason, Turn& turn);
  Reason summary() const;  ///< only if it was counted

  MigrationPlan plan_;
  Phase phase_ = Phase::preparing;
  Reason reason_;
  reactor::Instant began_at_{}, ended_at_{};
  std::optional<reactor::Instant> stopped_at_;  ///< the source stopped executing
  std::optional<reactor::Instant> resumed_at_;  ///< the target began to
  std::optional<reactor::Instant> doubt_since_;
  reactor::Instant look_at_{};  ///< while in doubt: the next look at both ends
  std::optional<ports::DomainState> source_, target_;  ///< as last looked at, while in doubt
  bool source_job_ = false;                            ///< as last looked at
  bool lost_once_ = false;   ///< so said the last looks at both ends; the next ones decide
  bool twice_once_ = false;  ///< the same for: each end has the whole of it
  bool twice_ = false;       ///< and that was said
  bool parted_ = false;      ///< and it was seen suspended at the target
  std::optional<ports::MigrationStats> stats_;
  bool has_all_ = false;                      ///< the target
  bool source_gone_ = false;                  ///< its copy of the VM
  bool call_ended_ = false;                   ///< also: there is no call of ours
  bool aborted_ = false;                      ///< by us
  std::optional<reactor::Instant> limit_at_;  ///< past its limit: when that is acted on again
  std::optional<End> shut_down_on_;           ///< heard of it there
  bool adopted_ = false;
  std::int64_t switches_ = 0;  ///< that we asked for, of an adopted one
  Recovery recovery_;
  bool seen_ = true;  ///< that it was a migration of which a part is, or was, somewhere
  Clearing clearing_;
  std::string detail_;  ///< what libvirt's call said
};

}  // namespace actors
