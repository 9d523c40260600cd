// How a postcopy that broke is brought to its end: the source's side is stopped, the target's side
// is waited for until it has failed too, then the migration is resumed over a new connection;
// again, with growing pauses, as often as the settings say. A target that does not notice that its
// source is gone has its connection ended by its own host's agent; so has one whose resume was
// refused, as libvirt may say that it failed while its QEMU has not noticed. After that an operator
// has to. What has come to nothing for long is his too, so nothing waits for ever unsaid.
//
// Pure: looked() takes what both ends say and gives back the next step. Source: LAB.md §6, C2 to
// C6; DESIGN.md §7.
#pragma once

#include "actors/ports/facts.h"
#include "actors/settings.h"

namespace actors {

enum class RecoveryStep {
  wait,
  pause_source,    ///< so that both ends agree that it broke
  pause_and_end,   ///< and the target's agent ends the connection: it has not noticed in time
  end_incoming,    ///< the same, but the source's side is left as it is
  tell_half_open,  ///< that did not help, or was refused; said once
  resume,
  tell_stuck,  ///< the resume has not ended in time, nor begun by what both ends say; said once
  tell_slow,   ///< it has not ended in time, but goes on; said once
  give_up,     ///< as many tries as are allowed failed; nothing more is tried
  tell_waits   ///< for long there has been nothing to try; said once
};

/// What looks at both ends found. `job`: libvirt says at the source that it is at work on it.
struct BothEnds {
  ports::DomainState source, target;
  bool job = false;
};

class Recovery {
 public:
  /// Pauses between tries double up to so many of `resume_wait`.
  static constexpr std::int64_t kLongestWaits = 16;

  /// How long an agent may take an order to end a connection for good: it is void before the next
  /// step, so that it never ends the new connection of a resume.
  static Duration order_holds(const MigrationSettings& settings) {
    return settings.half_open_after / 2;
  }

  /// Both ends were looked at, and neither has the whole VM. Times are between looks, so a step may
  /// be late by one of them.
  RecoveryStep looked(reactor::Instant now, const MigrationSettings& settings,
                      const BothEnds& ends);
  /// Time passed, and no look has answered since: an end may be away for good.
  RecoveryStep waited(reactor::Instant now, const MigrationSettings& settings);
  /// The call to resume came back with an error; `begun`: it reached libvirt, so it counts.
  void failed(reactor::Instant now, const MigrationSettings& settings, bool begun);
  /// The order to the agent to end the connection is known by this name from now on.
  void ordered(const OrderId& order) { order_ = order; }
  /// Whether it is not the newest: what the agent made of it says nothing of the newest.
  bool is_old(const OrderId& order) const { return order_ && *order_ != order; }
  /// The agent has answered that order.
  void answered(bool ended);
  /// That order did not reach the agent, or may not have.
  void order_lost() { half_open_.refused = true; }

  std::int64_t tries() const { return tries_; }
  /// A call to resume it is out.
  bool resuming() const { return resuming_since_.has_value(); }
  /// It broke, and something is tried about it: worth looking often.
  bool at_work() const { return at_work_; }
  /// For how long the target has been waiting for a source that is gone.
  Duration half_open_for(reactor::Instant now) const {
    return now - half_open_.since.value_or(now);
  }
  /// How often its agent was told so. 0 with an order out: only in case it holds on to it.
  std::int64_t orders() const { return half_open_.orders; }
  bool operator_told() const { return half_open_.told; }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("tries", self.tries_)("gave_up", self.gave_up_)("at_work", self.at_work_);
    archive("not_before", self.not_before_)("order_out_until", self.order_out_until_);
    archive("paused_at", self.paused_at_)("resuming_since", self.resuming_since_);
    archive("half_open", self.half_open_)("waits_since", self.waits_since_);
    archive("waits_told", self.waits_told_)("may_hold_on", self.may_hold_on_);
    archive("goes_on", self.goes_on_)("late_told", self.late_told_)("order", self.order_);
  }

 private:
  /// A target that waits for a source that is gone.
  struct HalfOpen {
    std::optional<reactor::Instant> since;       ///< none: it is not so
    std::optional<reactor::Instant> ordered_at;  ///< its agent was told to end the connection
    std::int64_t orders = 0;
    bool refused = false;  ///< or the order was lost
    bool told = false;     ///< a person was
    template <class Archive, class Self>
    static void fields(Archive& archive, Self& self) {
      archive("since", self.since)("ordered_at", self.ordered_at)("orders", self.orders);
      archive("refused", self.refused)("told", self.told);
    }
  };

  void note_half_open(reactor::Instant now, const BothEnds& ends);
  RecoveryStep step(reactor::Instant now, const MigrationSettings& settings, const BothEnds& ends);
  RecoveryStep not_broken(reactor::Instant now, const MigrationSettings& settings,
                          const BothEnds& ends);
  RecoveryStep end(RecoveryStep how);
  void note_order(reactor::Instant now, const MigrationSettings& settings);
  RecoveryStep resume(reactor::Instant now);
  RecoveryStep resuming(reactor::Instant now, const MigrationSettings& settings);
  RecoveryStep end_old(reactor::Instant now, const MigrationSettings& settings);
  RecoveryStep make_both_fail(reactor::Instant now, const MigrationSettings& settings);
  RecoveryStep end_half_open(reactor::Instant now, const MigrationSettings& settings,
                             Duration waits, RecoveryStep how);

  std::int64_t tries_ = 0;
  bool gave_up_ = false;
  bool at_work_ = false;
  reactor::Instant not_before_{};                    ///< the next try
  std::optional<reactor::Instant> order_out_until_;  ///< the agent may still end a connection
  std::optional<OrderId> order_;                     ///< by that; none: not known yet
  std::optional<reactor::Instant> paused_at_;        ///< the source's side, in this try
  std::optional<reactor::Instant> resuming_since_;   ///< a call is out
  bool goes_on_ = false;                             ///< and both ends said so at the last look
  bool late_told_ = false;                           ///< that it has not ended in time
  HalfOpen half_open_;
  std::optional<reactor::Instant> waits_since_;  ///< there has been nothing to try
  bool waits_told_ = false;
  bool may_hold_on_ = false;  ///< the target, to the connection that broke: a resume was refused
};

}  // namespace actors
