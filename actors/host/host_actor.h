// One host: awake, asleep, or on the way; silent or faulty when it does not do as it should.
//
// Pure: on() takes an event and the time and gives back a change and effects. Source: DESIGN.md §7.
#pragma once

#include "actors/host/waking.h"
#include "actors/ports/host_wake.h"
#include "actors/ports/orders.h"
#include "actors/reason.h"

namespace actors {

// Events. Needed, Linked, Sampled, Doubted and SaidDown are levels: said again, they change
// nothing. The others are said once.
struct Needed {
  std::int64_t vms = 0;  ///< that run here, are coming (or wait for it to wake), or have pages here
  bool may_suspend = false;  ///< false: blind, or its VMs are not known yet
  bool stranger = false;     ///< its agent has never been heard, and it may be woken for that
  bool drill = false;        ///< it is to sleep and to be woken, to show that it wakes
  bool reserve = false;      ///< it is to be awake though nobody needs it
};
struct Linked {
  bool up = false;  ///< libvirt answers
};
struct Sampled {                         ///< fresh, after the agent's hello for this boot or resume
  std::optional<reactor::Instant> at{};  ///< when it was taken; none: now
};
struct Doubted {  ///< what is wrong with its samples, which don't count
                  ///< (actors/host/sample_guard.h)
  std::optional<Reason> why;
};
struct SaidDown {};     ///< the host's hash says that it went down
struct OrderAnswered {  ///< what became of the last order, by its agent or on the way to it
  ports::ReplyKind kind = ports::ReplyKind::accepted;
  ports::RefusalKind refusal = ports::RefusalKind::none;
  std::string detail;
};
struct OrderLost {  ///< it did not reach the host's stream
  std::string detail;
};
struct WakeFailed {  ///< the request did not go out
  std::int64_t attempt = 0;
};
struct PowerSaid {
  ports::Power power = ports::Power::on;
};
using HostEvent = std::variant<Needed, Linked, Sampled, Doubted, SaidDown, OrderAnswered, OrderLost,
                               WakeFailed, PowerSaid, reactor::Tick>;

enum class HostState { silent, awake, suspending, asleep, waking, faulty };
constexpr auto names(HostState) {
  return std::array{"silent"sv, "awake"sv, "suspending"sv, "asleep"sv, "waking"sv, "faulty"sv};
}

struct HostChanged {
  HostState from, to;
  Reason reason;
  friend bool operator==(const HostChanged&, const HostChanged&) = default;
};

// Effects; they leave once their turn is in the journal.
struct TellAgent {
  ports::OrderKind kind;
  friend bool operator==(const TellAgent&, const TellAgent&) = default;
};
struct AskPower {
  friend bool operator==(const AskPower&, const AskPower&) = default;
};
using HostEffect = std::variant<TellAgent, Wake, AskPower>;

struct HostOutcome {
  std::optional<HostChanged> change;
  std::vector<HostEffect> effects;
  friend bool operator==(const HostOutcome&, const HostOutcome&) = default;
};

class HostActor {
 public:
  HostOutcome on(reactor::Instant now, const HostPlan& plan, const PowerSettings& settings,
                 const HostEvent& event);

  HostState state() const { return state_; }
  reactor::Instant since() const { return since_; }
  /// Why it is to be put to sleep now, as far as its own state goes; none: it is not.
  std::optional<Reason> idle(reactor::Instant now, const HostPlan& plan,
                             const PowerSettings& settings) const;
  /// From when on idle() has a reason, if all levels stay as they are; `max()`: never. For an awake
  /// host.
  reactor::Instant idle_at(const HostPlan& plan, const PowerSettings& settings) const;
  /// When it would do something by itself, if all levels stay as they are; may be too early.
  /// None: only an event makes it.
  std::optional<reactor::Instant> due(const HostPlan& plan, const PowerSettings& settings) const;
  /// Since this controller's start.
  bool heard_once() const { return sampled_.has_value(); }
  /// It said goodbye and nothing is heard of it yet: a sample now needs a new hello to count.
  bool said_goodbye() const { return goodbye_at_.has_value(); }
  /// Of the last wake: what was tried, and since when.
  const Waking& last_wake() const { return waking_; }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("state", self.state_)("since", self.since_)("until", self.until_);
    archive("sampled", self.sampled_)("unlinked_at", self.unlinked_at_)("linked", self.linked_);
    archive("empty_since", self.empty_since_)("vms", self.vms_)("may_suspend", self.may_suspend_);
    archive("failures", self.failures_)("waking", self.waking_)("goodbye_at", self.goodbye_at_);
    archive("asked_power", self.asked_power_)("not_before", self.not_before_)("down", self.down_);
    archive("stranger", self.stranger_)("drill", self.drill_)("reserve", self.reserve_);
    archive("doubt", self.doubt_);
  }

 private:
  struct Step {
    HostState to;
    Reason reason;
  };
  using Next = std::optional<Step>;  ///< none: it stays in its state
  struct Turn;                       ///< what one call of on() works with

  void note(const Turn& turn);
  Next step(Turn& turn);
  Next on_silent(Turn& turn);
  Next on_awake(Turn& turn);
  Next on_suspending(Turn& turn);
  Next on_asleep(Turn& turn);
  Next on_waking(Turn& turn);
  Next on_faulty(Turn& turn);
  Next missing(const Turn& turn) const;
  Next answered(Turn& turn, const OrderAnswered& answer);
  Next proven(Turn& turn);
  Next fell_asleep(const Turn& turn);
  Step begin_wake(Turn& turn, Reason reason);
  Step fail(const Turn& turn, ReasonCode code, std::string detail = {});
  bool heard(const Turn& turn) const;
  reactor::Instant missing_at(const PowerSettings& settings) const;
  reactor::Instant proof_at(const PowerSettings& settings) const;

  HostState state_ = HostState::silent;
  reactor::Instant since_{};                 ///< when it came into its state
  reactor::Instant until_{};                 ///< deadline of suspending and waking, end of faulty
  std::optional<reactor::Instant> sampled_;  ///< last fresh sample
  std::optional<reactor::Instant> unlinked_at_;  ///< when libvirt stopped answering
  bool linked_ = false;
  reactor::Instant empty_since_{};  ///< while vms_ is 0
  std::int64_t vms_ = 1;            ///< till Needed says otherwise, somebody may need it
  bool may_suspend_ = false;
  bool stranger_ = false, drill_ = false, reserve_ = false;
  std::optional<Reason> doubt_;  ///< of its samples
  std::int64_t failures_ = 0;    ///< since it last went to sleep, or woke, as told
  Waking waking_;
  bool down_ = false;                           ///< it was proven asleep, and not heard since
  std::optional<reactor::Instant> goodbye_at_;  ///< heard since it came into `suspending`
  std::optional<reactor::Instant> asked_power_;
  reactor::Instant not_before_{};  ///< the next suspend
};

}  // namespace actors
