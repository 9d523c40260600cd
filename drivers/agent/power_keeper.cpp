#include "drivers/agent/power_keeper.h"

#include <utility>

namespace drivers::agent {

namespace {

using actors::OrderId;
using actors::ports::RefusalKind;
using actors::ports::Reply;
using actors::ports::ReplyKind;
using reactor::Instant;

Say say(const OrderId& order, ReplyKind kind) {
  return Say{Reply{{}, order, kind, {}, {}, {}}};
}

Say refuse(const OrderId& order, RefusalKind refusal, std::string detail) {
  return Say{Reply{{}, order, ReplyKind::refused, refusal, std::move(detail), {}}};
}

}  // namespace

PowerActions PowerKeeper::on(Instant now, const PowerEvent& event) {
  return std::visit([&](const auto& held) { return handle(now, held); }, event);
}

std::optional<Instant> PowerKeeper::deadline() const {
  return state_ == State::waiting_for_ack ? std::optional{until_} : std::nullopt;
}

bool PowerKeeper::said_down() const {
  return state_ == State::waiting_for_ack || state_ == State::looking_again;
}

PowerActions PowerKeeper::handle(Instant now, const SuspendAsked& event) {
  switch (state_) {
    case State::up: return begin(event);
    case State::looking:
    case State::waiting_for_ack:
    case State::looking_again: return take_over(now, event);
    case State::asleep: break;
  }
  return {refuse(event.order, RefusalKind::unable,
                 "on the way to sleep by order " + under_way_.order.text)};
}

PowerActions PowerKeeper::begin(const SuspendAsked& event) {
  under_way_ = event;
  state_ = State::looking;
  return {look()};
}

// A controller that does not know whether its order arrived gives it again, and will listen for the
// second one's number only.
PowerActions PowerKeeper::take_over(Instant now, const SuspendAsked& event) {
  PowerActions actions{refuse(under_way_.order, RefusalKind::stale_order,
                              "order " + event.order.text + " took its place")};
  if (!said_down()) {
    actions.emplace_back(begin(event).front());
    return actions;
  }
  under_way_ = event;
  for (PowerAction& action : announce(now))
    if (!std::holds_alternative<GoDown>(action)) actions.push_back(std::move(action));
  return actions;
}

PowerActions PowerKeeper::handle(Instant /*now*/, const CancelAsked& event) {
  const bool meant = !event.of || *event.of == under_way_.order;
  if (state_ == State::up || state_ == State::asleep || !meant)
    return {
        refuse(event.order, RefusalKind::unable, "there is no such order that can be called off")};
  PowerActions actions{say(event.order, ReplyKind::accepted)};
  if (said_down()) actions.emplace_back(ComeUp{});
  state_ = State::up;
  under_way_ = {};
  return actions;
}

PowerActions PowerKeeper::handle(Instant /*now*/, const AckHeard& event) {
  if (state_ != State::waiting_for_ack || event.of != under_way_.order) return {};
  state_ = State::looking_again;
  return {look()};
}

PowerActions PowerKeeper::handle(Instant now, const Looked& event) {
  const bool asked = state_ == State::looking || state_ == State::looking_again;
  if (!asked || event.look != looks_) return {};
  switch (event.presence) {
    case Presence::in_use: return give_up(RefusalKind::in_use, event.detail);
    case Presence::unfit: return give_up(RefusalKind::unable, event.detail);
    case Presence::unknown: return give_up(RefusalKind::not_now, event.detail);
    case Presence::quiet: break;
  }
  if (state_ == State::looking) return announce(now);
  state_ = State::asleep;
  return {Sleep{under_way_.wake_after}};
}

PowerActions PowerKeeper::announce(Instant now) {
  state_ = State::waiting_for_ack;
  until_ = now + ack_limit_;
  return {say(under_way_.order, ReplyKind::accepted), GoDown{},
          say(under_way_.order, ReplyKind::going_down)};
}

PowerActions PowerKeeper::handle(Instant /*now*/, const SleepEnded& event) {
  if (state_ != State::asleep) return {};
  if (event.failure) return give_up(RefusalKind::unable, *event.failure);
  Say resumed = say(under_way_.order, ReplyKind::resumed);
  resumed.reply.slept = event.slept;
  state_ = State::up;
  under_way_ = {};
  return {ComeUp{true}, std::move(resumed)};
}

PowerActions PowerKeeper::handle(Instant now, const TimePassed& /*event*/) {
  if (state_ != State::waiting_for_ack || now < until_) return {};
  return give_up(RefusalKind::unable, "no acknowledgement of going_down within " +
                                          std::to_string(ack_limit_.count()) + " ms");
}

PowerActions PowerKeeper::handle(Instant /*now*/, const Ending& /*event*/) {
  if (state_ == State::up || state_ == State::asleep) return {};
  return give_up(RefusalKind::unable, "the agent was told to end");
}

PowerActions PowerKeeper::give_up(RefusalKind refusal, std::string detail) {
  PowerActions actions;
  if (state_ != State::looking) actions.emplace_back(ComeUp{});
  actions.emplace_back(refuse(under_way_.order, refusal, std::move(detail)));
  state_ = State::up;
  under_way_ = {};
  return actions;
}

}  // namespace drivers::agent
