#include "actors/recovery.h"

#include "actors/backoff.h"
#include "actors/both_ends.h"

namespace actors {

using ports::DomainState;
using reactor::Instant;

RecoveryStep Recovery::looked(Instant now, const MigrationSettings& settings, DomainState source,
                              DomainState target) {
  const RecoveryStep next = step(now, settings, source, target);
  at_work_ = !gave_up_ && (resuming_since_ || is_broken(source, target));
  return next;
}

RecoveryStep Recovery::step(Instant now, const MigrationSettings& settings, DomainState source,
                            DomainState target) {
  if (gave_up_) return RecoveryStep::wait;
  if (resuming_since_) {
    const bool in_time = now - *resuming_since_ < settings.resume_limit;
    return in_time ? RecoveryStep::wait : end(RecoveryStep::tell_stuck);
  }
  if (!is_broken(source, target)) return RecoveryStep::wait;
  if (tries_ >= settings.resume_tries) return end(RecoveryStep::give_up);
  if (both_failed(source, target)) return resume(now);
  return make_both_fail(now, settings);
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
