// A suspend order from its arrival to the host's resume: what to do next, and never too early.
//
//   up -> looking -> waiting for ack -> looking again -> asleep -> up
//
// Every step back leads to `up` with a refusal. Pure: events in, actions out, to be done in their
// order. It is asked twice whether a domain is here, since one may arrive while the controller's
// ack is on its way (DESIGN.md §5; §8, invariant 1). tests/agent/power_keeper_test.cpp has each
// arrow.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/ports/facts.h"

namespace drivers::agent {

struct SuspendAsked {
  actors::OrderId order;
  std::optional<reactor::Duration> wake_after{};  ///< the host's own clock is to wake it then
};
struct CancelAsked {
  actors::OrderId order;
  std::optional<actors::OrderId> of;  ///< none: whichever is under way
};
struct AckHeard {
  actors::OrderId of;
};
/// unfit: nobody is here, but it would not go down, or would not be woken. unknown: libvirt did not
/// say in time.
enum class Presence { quiet, in_use, unfit, unknown };
struct Looked {
  int look = 0;  ///< the number in Look: an answer to an earlier one is none
  Presence presence = Presence::unknown;
  std::string detail;
};
struct SleepEnded {
  std::optional<std::string> failure;  ///< none: the host was asked to sleep, and is up again
  reactor::Duration slept{};
};
struct TimePassed {};  ///< due at deadline() at the latest
struct Ending {};      ///< the agent was told to end
using PowerEvent =
    std::variant<SuspendAsked, CancelAsked, AckHeard, Looked, SleepEnded, TimePassed, Ending>;

struct Look {
  int look = 0;
  std::optional<reactor::Duration> wake_after{};  ///< as of the order
};
struct Say {
  actors::ports::Reply reply;  ///< `host` is the caller's to fill in
};
struct GoDown {};  ///< stop sampling, state=down into the host's hash
struct Sleep {     ///< now; answered by SleepEnded
  std::optional<reactor::Duration> wake_after{};
};
struct ComeUp {        ///< a hello anew, sampling goes on
  bool slept = false;  ///< connections and the place in the orders stream are out of date
};
using PowerAction = std::variant<Look, Say, GoDown, Sleep, ComeUp>;
using PowerActions = std::vector<PowerAction>;

class PowerKeeper {
 public:
  explicit PowerKeeper(reactor::Duration ack_limit) : ack_limit_(ack_limit) {}

  PowerActions on(reactor::Instant now, const PowerEvent& event);

  std::optional<reactor::Instant> deadline() const;

 private:
  enum class State { up, looking, waiting_for_ack, looking_again, asleep };

  PowerActions handle(reactor::Instant now, const SuspendAsked& event);
  PowerActions handle(reactor::Instant now, const CancelAsked& event);
  PowerActions handle(reactor::Instant now, const AckHeard& event);
  PowerActions handle(reactor::Instant now, const Looked& event);
  PowerActions handle(reactor::Instant now, const SleepEnded& event);
  PowerActions handle(reactor::Instant now, const TimePassed& event);
  PowerActions handle(reactor::Instant now, const Ending& event);

  PowerActions begin(const SuspendAsked& event);
  PowerActions take_over(reactor::Instant now, const SuspendAsked& event);
  Look look() { return Look{++looks_, under_way_.wake_after}; }
  PowerActions announce(reactor::Instant now);
  PowerActions give_up(actors::ports::RefusalKind refusal, std::string detail);
  bool said_down() const;

  reactor::Duration ack_limit_;
  State state_ = State::up;
  SuspendAsked under_way_;  ///< empty when up
  reactor::Instant until_{};
  int looks_ = 0;
};

}  // namespace drivers::agent
