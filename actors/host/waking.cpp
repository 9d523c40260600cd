#include "actors/host/waking.h"

#include <algorithm>

namespace actors {

using reactor::Instant;

namespace {

std::int64_t ways_of(const HostPlan& plan) {
  return std::max<std::int64_t>(std::ssize(plan.wake_ways), 1);
}

}  // namespace

std::string way_name(const HostPlan& plan, std::int64_t way) {
  const bool named = way >= 0 && way < std::ssize(plan.wake_ways);
  return named ? plan.wake_ways[static_cast<std::size_t>(way)] : "its wake";
}

Wake Waking::begin(Instant now) {
  last_ = {};
  sent_at_ = turn_since_ = now;
  return last_;
}

std::optional<Wake> Waking::go_on(Instant now, const HostPlan& plan,
                                  const PowerSettings& settings) {
  if (now >= turn_since_ + settings.wake_each) {
    turn_since_ = now;
    return send(now, (last_.way + 1) % ways_of(plan));
  }
  if (now >= sent_at_ + settings.wake_resend) return send(now, last_.way);
  return std::nullopt;
}

std::optional<Wake> Waking::failed(Instant now, std::int64_t attempt, const HostPlan& plan) {
  const bool is_last = last_.way + 1 >= ways_of(plan);
  if (attempt != last_.attempt || is_last) return std::nullopt;
  turn_since_ = now;
  return send(now, last_.way + 1);
}

Instant Waking::due(const PowerSettings& settings) const {
  return std::min(turn_since_ + settings.wake_each, sent_at_ + settings.wake_resend);
}

Wake Waking::send(Instant now, std::int64_t way) {
  last_ = {way, last_.attempt + 1};
  sent_at_ = now;
  return last_;
}

}  // namespace actors
