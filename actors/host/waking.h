// One wake of a host: which of its ways is tried, when it is sent again, when the next has its
// turn.
//
// A way is sent again each `power.wake_resend`: a packet may be lost, and some BMCs drop an On
// while the host is still on its way down. It has `power.wake_each`, then the next one's turn
// comes; one whose request failed gives way at once. After the last comes the first again. When all
// of it has taken too long, or a hello has come, is the host's word (actors/host/host_actor.h).
// Pure. Source: DESIGN.md §7; Intel's AMT guide (10 s between two requests).
#pragma once

#include "actors/settings.h"

namespace actors {

struct Wake {
  std::int64_t way = 0;      ///< place in HostPlan::wake_ways
  std::int64_t attempt = 0;  ///< of this wake, from 0
  friend bool operator==(const Wake&, const Wake&) = default;
};

/// For people: "ipmi"; what has no name is "its wake".
std::string way_name(const HostPlan& plan, std::int64_t way);

class Waking {
 public:
  /// The first request.
  Wake begin(reactor::Instant now);
  /// The next one, if its time has come.
  std::optional<Wake> go_on(reactor::Instant now, const HostPlan& plan,
                            const PowerSettings& settings);
  /// The request `attempt` did not go out. The next way's, if there is one that had no turn yet.
  std::optional<Wake> failed(reactor::Instant now, std::int64_t attempt, const HostPlan& plan);
  /// When go_on() has something.
  reactor::Instant due(const PowerSettings& settings) const;

  std::int64_t way() const { return last_.way; }  ///< of the last request
  std::int64_t requests() const { return last_.attempt + 1; }
  reactor::Instant turn_since() const { return turn_since_; }  ///< of that way

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("way", self.last_.way)("attempt", self.last_.attempt)("sent_at", self.sent_at_);
    archive("turn_since", self.turn_since_);
  }

 private:
  Wake send(reactor::Instant now, std::int64_t way);

  Wake last_;
  reactor::Instant sent_at_{};
  reactor::Instant turn_since_{};  ///< when the way's turn began
};

}  // namespace actors
