#include "actors/migration/recovery.h"

#include <algorithm>

#include "actors/backoff.h"
#include "actors/migration/both_ends.h"

namespace actors {

using reactor::Instant;

RecoveryStep Recovery::looked(Instant now, const MigrationSettings& settings,
                              const BothEnds& ends) {
  const RecoveryStep next = step(now, settings, ends);
  at_work_ = !gave_up_ && (resuming_since_ || is_broken(ends.source, ends.target));
  return next;
}

RecoveryStep Recovery::step(Instant now, const MigrationSettings& settings, const BothEnds& ends) {
  if (gave_up_ || resuming_since_) return waited(now, settings);
  if (!is_broken(ends.source, ends.target)) return not_broken(now, settings, ends);
  waits_since_.reset();
  waits_told_ = false;
  if (tries_ >= settings.resume_tries) return end(RecoveryStep::give_up);
  if (both_failed(ends.source, ends.target)) return resume(now);
  return make_both_fail(now, settings);
}

// Two halves of which none has failed may come to their end by themselves, which is believed for
// longer if libvirt is at work on them. A source that is stopped without need costs a resume.
RecoveryStep Recovery::not_broken(Instant now, const MigrationSettings& settings,
                                  const BothEnds& ends) {
  if (!waits_since_) waits_since_ = now;
  const bool may_stop = are_halves(ends.source, ends.target) && tries_ < settings.resume_tries;
  const Duration limit = ends.job ? settings.resume_limit : settings.half_open_after;
  const Instant since = std::max(*waits_since_, paused_at_.value_or(*waits_since_));
  if (!may_stop || now - since < limit) return waited(now, settings);
  paused_at_ = now;
  return RecoveryStep::pause_source;
}

RecoveryStep Recovery::waited(Instant now, const MigrationSettings& settings) {
  if (gave_up_) return RecoveryStep::wait;
  if (resuming_since_) {
    const bool in_time = now - *resuming_since_ < settings.resume_limit;
    return in_time ? RecoveryStep::wait : end(RecoveryStep::tell_stuck);
  }
  if (!waits_since_) waits_since_ = now;
  if (waits_told_ || now - *waits_since_ < settings.resume_limit) return RecoveryStep::wait;
  waits_told_ = true;
  return RecoveryStep::tell_waits;
}

RecoveryStep Recovery::resume(Instant now) {
  if (now < not_before_) return RecoveryStep::wait;
  ++tries_;
  paused_at_.reset();
  resuming_since_ = now;
  return RecoveryStep::resume;
}

RecoveryStep Recovery::make_both_fail(Instant now, const MigrationSettings& settings) {
  const bool first = !paused_at_;
  if (!first && now - *paused_at_ < settings.half_open_after) return RecoveryStep::wait;
  paused_at_ = now;
  if (first || half_open_told_) return RecoveryStep::pause_source;
  half_open_told_ = true;
  return RecoveryStep::tell_half_open;
}

RecoveryStep Recovery::end(RecoveryStep how) {
  gave_up_ = true;
  return how;
}

void Recovery::failed(Instant now, const MigrationSettings& settings, bool begun) {
  resuming_since_.reset();
  if (!begun) --tries_;
  const Duration longest = settings.resume_wait * kLongestWaits;
  not_before_ = now + doubled(settings.resume_wait, tries_ - 1, longest);
}

}  // namespace actors
