#include "actors/migration/recovery.h"

#include <algorithm>
#include <utility>

#include "actors/backoff.h"
#include "actors/migration/both_ends.h"

namespace actors {

using reactor::Instant;

RecoveryStep Recovery::looked(Instant now, const MigrationSettings& settings,
                              const BothEnds& ends) {
  note_half_open(now, ends);
  const RecoveryStep next = step(now, settings, ends);
  const bool tries = is_broken(ends.source, ends.target) || half_open_.ordered_at;
  at_work_ = !gave_up_ && !late_told_ && (resuming_since_ || tries);
  return next;
}

void Recovery::note_half_open(Instant now, const BothEnds& ends) {
  if (!is_half_open(ends.source, ends.target)) {
    half_open_ = {};
  } else if (!half_open_.since) {
    half_open_.since = now;
  }
}

// A VM that never ran at its target is beyond saving once its source has failed, but libvirt says
// that of a source also when only its call broke: that one still arrives, so it is given as long as
// a resume, and its source is never stopped.
RecoveryStep Recovery::step(Instant now, const MigrationSettings& settings, const BothEnds& ends) {
  goes_on_ = are_halves(ends.source, ends.target) && !is_broken(ends.source, ends.target);
  if (gave_up_ || resuming_since_) return waited(now, settings);
  const bool broken = is_broken(ends.source, ends.target);
  if (!broken && !half_open_.since) return not_broken(now, settings, ends);
  if (broken && tries_ >= settings.resume_tries) return end(RecoveryStep::give_up);
  if (both_failed(ends.source, ends.target))
    return may_hold_on_ ? end_old(now, settings) : resume(now);
  if (broken) return make_both_fail(now, settings);
  return end_half_open(now, settings, settings.resume_limit, RecoveryStep::end_incoming);
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
  if (resuming_since_) return resuming(now, settings);
  if (!waits_since_) waits_since_ = now;
  if (waits_told_ || now - *waits_since_ < settings.resume_limit) return RecoveryStep::wait;
  waits_told_ = true;
  return RecoveryStep::tell_waits;
}

// One that goes on takes as long as its memory takes over the network, and ends by itself.
RecoveryStep Recovery::resuming(Instant now, const MigrationSettings& settings) {
  if (late_told_ || now - *resuming_since_ < settings.resume_limit) return RecoveryStep::wait;
  late_told_ = true;
  return goes_on_ ? RecoveryStep::tell_slow : RecoveryStep::tell_stuck;
}

RecoveryStep Recovery::resume(Instant now) {
  if (now < std::max(not_before_, order_out_until_.value_or(now))) return RecoveryStep::wait;
  ++tries_;
  paused_at_.reset();
  order_out_until_.reset();
  waits_since_.reset();
  waits_told_ = late_told_ = goes_on_ = false;
  resuming_since_ = now;
  return RecoveryStep::resume;
}

// Before the next try, and once for each: where there is none the agent says so, and no harm is
// done.
RecoveryStep Recovery::end_old(Instant now, const MigrationSettings& settings) {
  note_order(now, settings);
  return RecoveryStep::end_incoming;
}

RecoveryStep Recovery::make_both_fail(Instant now, const MigrationSettings& settings) {
  const bool due = !paused_at_ || now - *paused_at_ >= settings.half_open_after;
  if (paused_at_ && half_open_.since)
    return end_half_open(now, settings, settings.half_open_after, RecoveryStep::pause_and_end);
  if (!due) return waited(now, settings);
  paused_at_ = now;
  return RecoveryStep::pause_source;
}

// Again and again, as the agent may only have been away; a person is told after the first time.
RecoveryStep Recovery::end_half_open(Instant now, const MigrationSettings& settings, Duration waits,
                                     RecoveryStep how) {
  waits_since_.reset();
  waits_told_ = false;
  const bool may_end = settings.resume_tries > 0;
  const bool ordered = half_open_.ordered_at.has_value();
  const Instant due =
      ordered ? *half_open_.ordered_at + settings.half_open_after : *half_open_.since + waits;
  const bool in_vain = ordered ? half_open_.refused || now >= due : !may_end && now >= due;
  if (in_vain && !std::exchange(half_open_.told, true)) return RecoveryStep::tell_half_open;
  if (now < due || !may_end) return RecoveryStep::wait;
  half_open_.ordered_at = now;
  half_open_.refused = false;
  ++half_open_.orders;
  note_order(now, settings);
  return how;
}

void Recovery::note_order(Instant now, const MigrationSettings& settings) {
  order_out_until_ = now + settings.half_open_after;
  order_.reset();
  may_hold_on_ = false;
}

void Recovery::answered(bool ended) {
  order_out_until_.reset();
  if (!ended) half_open_.refused = true;
}

RecoveryStep Recovery::end(RecoveryStep how) {
  gave_up_ = true;
  return how;
}

void Recovery::failed(Instant now, const MigrationSettings& settings, bool begun) {
  resuming_since_.reset();
  may_hold_on_ = begun;
  if (!begun) --tries_;
  const Duration longest = settings.resume_wait * kLongestWaits;
  not_before_ = now + doubled(settings.resume_wait, tries_ - 1, longest);
}

}  // namespace actors
