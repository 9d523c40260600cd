// Whether anything may be begun: not while another leads or nothing is seen, not while too few
// hosts speak, and not before it is known what runs and what is on its way.
#pragma once

#include "actors/director/input.h"
#include "actors/director/stage.h"

namespace actors {

class PoolGuard {
 public:
  explicit PoolGuard(Stage& stage) : stage_(stage) {}

  /// All that hosts can tell was told, or was waited for long enough.
  bool surveyed() const { return surveyed_; }
  bool may_act() const { return !blind_ && !held_ && surveyed_; }
  const std::optional<std::string>& why_blind() const { return blind_; }
  const std::optional<Reason>& why_held() const { return held_; }
  /// held: nothing more is moved or put to sleep; blind: the same, as nothing is seen.
  PoolState state() const;

  void take(const input::Leading& event);
  void take(const input::Blind& event);
  /// Hosts came, went or changed: who is silent is counted anew.
  void hosts_changed() { recount_ = true; }
  /// The same for one of which only what stands in Redis is known.
  void said_hello(const HostId& host);

  // In each turn.
  void wait_for_hosts();
  void weigh_silence();

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("blind", self.blind_)("surveyed", self.surveyed_)("led_since", self.led_since_);
    archive("leads_since", self.leads_since_)("held", self.held_);
  }

 private:
  bool met_all() const;
  void say(PoolState from, Reason reason);

  Stage& stage_;
  std::optional<std::string> blind_{"not leading yet"};
  bool surveyed_ = false;
  std::optional<reactor::Instant> led_since_;  ///< for the first time
  reactor::Instant leads_since_{};             ///< not blind
  std::optional<Reason> held_;
  bool recount_ = true;  ///< who is silent; not part of a snapshot
};

}  // namespace actors
