// How a postcopy that broke is brought to its end: the source's side is stopped, the target's side
// is waited for until it has failed too, then the migration is resumed over a new connection;
// again, with growing pauses, as often as the settings say. After that an operator has to. What has
// come to nothing for long is his too, so nothing waits for ever unsaid.
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
  tell_half_open,  ///< and pause it again: the target has not noticed in time that nobody is there
  resume,
  tell_stuck,  ///< the resume has not ended in time; nothing more is tried
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

  /// Both ends were looked at, and neither has the whole VM. Times are between looks, so a step may
  /// be late by one of them.
  RecoveryStep looked(reactor::Instant now, const MigrationSettings& settings,
                      const BothEnds& ends);
  /// Time passed, and no look has answered since: an end may be away for good.
  RecoveryStep waited(reactor::Instant now, const MigrationSettings& settings);
  /// The call to resume came back with an error; `begun`: it reached libvirt, so it counts.
  void failed(reactor::Instant now, const MigrationSettings& settings, bool begun);

  std::int64_t tries() const { return tries_; }
  /// It broke, and something is tried about it: worth looking often.
  bool at_work() const { return at_work_; }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("tries", self.tries_)("gave_up", self.gave_up_)("at_work", self.at_work_);
    archive("not_before", self.not_before_);
    archive("paused_at", self.paused_at_)("resuming_since", self.resuming_since_);
    archive("half_open_told", self.half_open_told_)("waits_since", self.waits_since_);
    archive("waits_told", self.waits_told_);
  }

 private:
  RecoveryStep step(reactor::Instant now, const MigrationSettings& settings, const BothEnds& ends);
  RecoveryStep not_broken(reactor::Instant now, const MigrationSettings& settings,
                          const BothEnds& ends);
  RecoveryStep end(RecoveryStep how);
  RecoveryStep resume(reactor::Instant now);
  RecoveryStep make_both_fail(reactor::Instant now, const MigrationSettings& settings);

  std::int64_t tries_ = 0;
  bool gave_up_ = false;
  bool at_work_ = false;
  reactor::Instant not_before_{};                   ///< the next try
  std::optional<reactor::Instant> paused_at_;       ///< the source's side, in this try
  std::optional<reactor::Instant> resuming_since_;  ///< a call is out
  bool half_open_told_ = false;
  std::optional<reactor::Instant> waits_since_;  ///< there has been nothing to try
  bool waits_told_ = false;
};

}  // namespace actors
