#include "actors/migration/migration.h"

#include <algorithm>
#include <utility>

#include "actors/migration/both_ends.h"
#include "reactor/invariant.h"

namespace actors {

using enum Phase;
using Code = ReasonCode;
using ports::DomainState;
using ports::News;
using reactor::Instant;

namespace {

constexpr std::int64_t kKibPerGib = 1024LL * 1024;
constexpr std::int64_t kSwitches = 10;
constexpr std::int64_t kStrandedLooks = 10;  // times rarer than while in doubt
constexpr Duration kActAgain{10'000};        // on its limit: what was asked for may have got lost

/// Of one that was said to be shut down: that was an earlier one of its name.
constexpr bool is_there(DomainState state) {
  return !is_gone(state) && state != DomainState::shutting_down;
}

constexpr bool is_stop(News news) {
  return news == News::stopped || news == News::shut_down || news == News::destroyed;
}

}  // namespace

struct Migration::Turn {
  Instant now;
  const MigrationSettings& settings;
  MigrationOutcome out{};
};

Migration Migration::adopted(MigrationPlan plan, Found how, Instant now) {
  Migration found{std::move(plan)};
  found.phase_ = how == Found::clearing ? clearing : copying;
  if (how == Found::clearing) found.clearing_.marked(true);
  found.seen_ = how != Found::nowhere;
  found.adopted_ = true;
  found.plan_.mode = ports::MigrationMode::precopy;
  found.began_at_ = now;
  found.call_ended_ = true;
  found.reason_ = {.code = how == Found::under_way ? Code::adopted : Code::adopted_kept,
                   .about = found.plan_.source.text,
                   .detail = found.plan_.target.text};
  found.detail_ = how == Found::nowhere
                      ? "it ended, or its guest did, while no controller was there"
                      : "the migration that was found under way has ended";
  found.doubt(now);
  return found;
}

MigrationOutcome Migration::on(Instant now, const MigrationSettings& settings,
                               const MigrationEvent& event) {
  Turn turn{now, settings};
  if (over()) return turn.out;
  std::visit([&](const auto& known) { take(known, turn); }, event);
  return std::move(turn.out);
}

void Migration::take(const Begin&, Turn& turn) {
  began_at_ = turn.now;
  turn.out.effects.push_back(MigrationEffect::keep_definition);
}

void Migration::take(const DefinitionKept& event, Turn& turn) {
  if (phase_ == clearing) return mark(event, turn);
  if (phase_ != preparing) return;
  if (event.error) {
    detail_ = *event.error;
    return stay(turn);
  }
  move_to(copying, {.code = Code::definition_kept}, turn);
  turn.out.effects.push_back(MigrationEffect::call);
}

// Not the truth, but a reason to look (LAB.md §6 C2, C3: errors of migrations that then complete).
// Of one that we gave up we know why; libvirt only knows that somebody did.
void Migration::take(const CallEnded& event, Turn& turn) {
  call_ended_ = true;
  if (event.error && !aborted_) detail_ = event.error->detail;
  const bool nothing_moved = event.error && (event.error->code == reactor::Errc::busy ||
                                             event.error->code == reactor::Errc::refused);
  if (nothing_moved && phase_ == copying && !stopped_at_) return stay(turn);
  if (has_all_ && source_gone_) return finish(turn);
  doubt(turn.now);
}

// It may go on all the same, so both ends are looked at.
void Migration::take(const ResumeEnded& event, Turn& turn) {
  if (event.error && recovery_.resuming()) {
    recovery_.failed(turn.now, turn.settings, event.error->code != reactor::Errc::busy);
    move_to(stranded,
            {.code = Code::resume_failed,
             .values = {recovery_.tries(), turn.settings.resume_tries},
             .detail = event.error->detail},
            turn);
  }
  doubt(turn.now);
}

// Looked at at once: the target says soon that it failed, or has done so before it was ordered.
void Migration::take(const IncomingEnded& event, Turn& turn) {
  if (phase_ != stranded || (event.answered && recovery_.is_old(event.order))) return;
  if (event.why_not && recovery_.orders() > 0 && !recovery_.operator_told())
    say({.code = Code::not_ended, .detail = *event.why_not}, turn);
  if (event.answered) {
    recovery_.answered(!event.why_not);
  } else {
    recovery_.order_lost();
  }
  doubt(turn.now);
}

void Migration::take(const Heard& event, Turn& turn) {
  if (event.end == End::source) {
    source_says(event.news, turn);
  } else {
    target_says(event.news, turn);
  }
  if (!over() && has_all_ && source_gone_ && (stats_ || call_ended_)) finish(turn);
}

void Migration::source_says(News news, Turn& turn) {
  const bool stopped = news == News::suspended_migrating || news == News::suspended_postcopy;
  if (stopped && !stopped_at_) stopped_at_ = turn.now;
  if (news == News::suspended_postcopy && phase_ == copying)
    move_to(switched, {.code = Code::news_heard, .about = plan_.source.text, .detail = "switched"},
            turn);
  if (news == News::stopped_migrated) source_gone_ = true;
  note_shutdown(End::source, news);
  if (news == News::postcopy_failed_source || is_stop(news)) doubt(turn.now);
}

void Migration::target_says(News news, Turn& turn) {
  const bool runs = news == News::resumed_postcopy || news == News::resumed_migrated;
  if (runs && !resumed_at_) resumed_at_ = turn.now;
  if (news == News::resumed_postcopy && (phase_ == copying || phase_ == switched))
    move_to(resumed, {.code = Code::news_heard, .about = plan_.target.text, .detail = "resumed"},
            turn);
  if (news == News::resumed_migrated) {
    has_all_ = true;
    look_at_ = turn.now + turn.settings.look_again;  // should the source's last word get lost
    if (!doubt_since_) doubt_since_ = look_at_;
  }
  note_shutdown(End::target, news);
  if (is_stop(news)) has_all_ = false;  // looks find out what is left of it
  const bool bad = news == News::postcopy_failed_target || news == News::stopped_failed;
  if (bad || is_stop(news)) doubt(turn.now);
}

// libvirt itself destroys an arrival whose source's libvirt is gone, and people destroy what is
// left of one that broke: only where all of it was somebody meant to end it.
void Migration::note_shutdown(End end, News news) {
  const bool whole_here = end == End::source ? not_yet_switched() : has_all_;
  const bool meant = news == News::destroyed && whole_here;
  if (meant || news == News::shut_down) shut_down_on_ = end;
}

bool Migration::not_yet_switched() const {
  return (phase_ == preparing || phase_ == copying) && !stopped_at_;
}

void Migration::take(const Looked& event, Turn& turn) {
  (event.end == End::source ? source_ : target_) = event.state;
  if (event.end == End::source) source_job_ = event.job;
  if (event.state && shut_down_on_ == event.end && is_there(*event.state)) shut_down_on_.reset();
  if (source_ && target_) judge(turn);
}

void Migration::take(const Counted& event, Turn& turn) {
  stats_ = event.stats;
  if (has_all_ && source_gone_) finish(turn);
}

void Migration::take(const EndUnlinked&, Turn& turn) {
  doubt(turn.now);
}

void Migration::take(const reactor::Tick&, Turn& turn) {
  keep_to_limit(turn);
  if (is_apart(phase_) && !twice_) take_step(recovery_.waited(turn.now, turn.settings), turn);
  if (doubt_since_ && turn.now >= look_at_) look(turn);
}

// Of one that was adopted nobody knows what it was meant to be: what is set now goes for it.
void Migration::keep_to_limit(Turn& turn) {
  if (phase_ != copying || is_switched(plan_.mode)) return;
  const Duration limit = turn.settings.precopy_limit_per_gib * plan_.memory.count / kKibPerGib;
  const Instant due = limit_at_.value_or(began_at_ + limit);
  if (turn.now < due) return;
  const bool first = !std::exchange(limit_at_, turn.now + kActAgain);
  const ports::MigrationMode mode = adopted_ ? turn.settings.mode : plan_.mode;
  if (mode != ports::MigrationMode::precopy_then_postcopy) return give_up(limit, turn);
  turn.out.effects.push_back(MigrationEffect::switch_over);
  if (first) move_to(copying, {.code = Code::switched_at_limit, .values = {limit.count()}}, turn);
}

void Migration::give_up(Duration limit, Turn& turn) {
  aborted_ = true;
  detail_ = to_text({.code = Code::precopy_too_long, .values = {limit.count()}});
  turn.out.effects.push_back(MigrationEffect::abort);
}

// Both ends anew, so that no verdict mixes a new look with an old one.
void Migration::look(Turn& turn) {
  const bool rarely = (phase_ == stranded && !recovery_.at_work()) || phase_ == clearing;
  look_at_ = turn.now + turn.settings.look_again * (rarely ? kStrandedLooks : 1);
  forget_looks();
  turn.out.effects.push_back(MigrationEffect::look_at_source);
  turn.out.effects.push_back(MigrationEffect::look_at_target);
  const Duration doubted = turn.now - *doubt_since_;
  if (doubted < turn.settings.doubt_limit || is_apart(phase_) || phase_ == preparing) return;
  const Code code = not_yet_switched() ? Code::in_doubt : Code::broken_in_postcopy;
  move_to(
      stranded,
      {.code = code, .values = {doubted.count()}, .about = plan_.source.text, .detail = detail_},
      turn);
}

// While our call still runs, or libvirt's job, a VM that runs on its source only has not moved yet;
// one that was cleared away runs there because it was started anew.
void Migration::judge(Turn& turn) {
  const DomainState source = *source_, target = *target_;
  const bool under_way = phase_ != clearing && (!call_ended_ || source_job_);
  if (runs_here(target) && is_gone(source)) return finish(turn);
  if (runs_here(source) && is_gone(target) && !under_way) return stay(turn);
  if (phase_ == clearing) return clear(source, target, turn);
  const bool twice = at_both(source, target) && !source_job_;
  const bool was_twice = std::exchange(twice_once_, twice);
  if (twice) return was_twice ? part(target, turn) : look_anew(turn.now);
  seen_ = seen_ || is_part(source) || is_part(target);
  const bool was_lost = std::exchange(lost_once_, nothing_left(source, target));
  if (lost_once_) return was_lost ? lose(turn) : look_anew(turn.now);
  catch_up(source, target, turn);
  if (goes_on_copying())
    move_to(copying, {.code = Code::looked, .about = plan_.source.text, .detail = "copying"}, turn);
  if (under_way && on_its_way(source, target)) doubt_since_ = turn.now;
  if (adopted_ && phase_ == copying && source_job_) switch_adopted(turn);
  if (is_apart(phase_))
    take_step(recovery_.looked(turn.now, turn.settings, {source, target, source_job_}), turn);
}

// Whoever began it would have, and one that is held back until then may take for ever. Libvirt says
// no to one that is no postcopy, or that is not copied yet.
void Migration::switch_adopted(Turn& turn) {
  const bool ours = turn.settings.mode == ports::MigrationMode::postcopy;
  if (!ours || switches_ >= kSwitches) return;
  ++switches_;
  turn.out.effects.push_back(MigrationEffect::switch_over);
}

// Where nobody had answered for long.
bool Migration::goes_on_copying() const {
  return phase_ == stranded && runs_here(*source_) && source_job_;
}

// Phases that went by unheard.
void Migration::catch_up(DomainState source, DomainState target, Turn& turn) {
  if (has_switched(source) && phase_ == copying)
    move_to(switched, {.code = Code::looked, .about = plan_.source.text, .detail = "switched"},
            turn);
  if (runs_in_part(target) && (phase_ == copying || phase_ == switched))
    move_to(resumed, {.code = Code::looked, .about = plan_.target.text, .detail = "resumed"}, turn);
}

void Migration::take_step(RecoveryStep step, Turn& turn) {
  const std::int64_t limit = turn.settings.resume_limit.count();
  const std::int64_t waited = recovery_.half_open_for(turn.now).count();
  switch (step) {
    case RecoveryStep::wait: return;
    case RecoveryStep::resume: return resume(turn);
    case RecoveryStep::tell_stuck:
      return say({.code = Code::resume_stuck, .values = {limit}}, turn);
    case RecoveryStep::tell_slow:
      return move_to(recovering, {.code = Code::resume_slow, .values = {limit}}, turn);
    case RecoveryStep::give_up:
      return say({.code = Code::needs_operator, .values = {recovery_.tries()}}, turn);
    case RecoveryStep::tell_waits:
      return say({.code = Code::waits_for_nothing, .values = {limit}}, turn);
    case RecoveryStep::tell_half_open:
      return say({.code = Code::half_open, .values = {waited}}, turn);
    case RecoveryStep::end_incoming: return end_incoming(turn);
    case RecoveryStep::pause_and_end: end_incoming(turn); break;
    case RecoveryStep::pause_source: break;
  }
  turn.out.effects.push_back(MigrationEffect::pause_source);
}

// Said once, however often its agent is told.
void Migration::end_incoming(Turn& turn) {
  const std::int64_t waited = recovery_.half_open_for(turn.now).count();
  if (recovery_.orders() == 1) say({.code = Code::half_open_ended, .values = {waited}}, turn);
  turn.out.effects.push_back(MigrationEffect::end_incoming);
}

/// Of its target, within its phase.
void Migration::say(Reason reason, Turn& turn) {
  const Phase same = phase_ == clearing ? clearing : stranded;
  reason.about = plan_.target.text;
  move_to(same, std::move(reason), turn);
}

void Migration::resume(Turn& turn) {
  move_to(recovering,
          {.code = Code::resuming, .values = {recovery_.tries(), turn.settings.resume_tries}},
          turn);
  turn.out.effects.push_back(MigrationEffect::resume);
}

// Nothing is lost by suspending one of them, and much may be by letting both run. The source's is
// the one that libvirt means to go on. Once it was seen suspended, who makes it run again knows
// why.
void Migration::part(DomainState target, Turn& turn) {
  if (!std::exchange(twice_, true))
    move_to(stranded, {.code = Code::runs_twice, .about = plan_.source.text}, turn);
  parted_ = parted_ || target == DomainState::paused;
  if (!parted_) turn.out.effects.push_back(MigrationEffect::suspend_target);
}

void Migration::look_anew(Instant now) {
  forget_looks();
  doubt(now);
}

void Migration::lose(Turn& turn) {
  if (shut_down_on_ && phase_ != clearing) return end(*shut_down_on_, turn);
  const bool again = turn.settings.on_lost == OnLost::restart && phase_ != clearing && seen_;
  if (again) {
    move_to(clearing, {.code = Code::lost_started_anew, .detail = detail_}, turn);
    recovery_ = {};  // from now on it only counts how long nothing can be done
    return clear(*source_, *target_, turn);
  }
  ended_at_ = turn.now;
  move_to(lost, {.code = Code::lost, .detail = detail_}, turn);
}

/// Whoever shut it down does not want it started anew.
void Migration::end(End where, Turn& turn) {
  const HostId& host = where == End::source ? plan_.source : plan_.target;
  ended_at_ = turn.now;
  move_to(ended, {.code = Code::shut_down_moving, .about = host.text}, turn);
}

void Migration::mark(const DefinitionKept& event, Turn& turn) {
  if (event.none) {
    detail_ = *event.error;
    return lose(turn);
  }
  clearing_.marked(!event.error);
  if (!event.error) doubt(turn.now);
}

void Migration::clear(DomainState source, DomainState target, Turn& turn) {
  forget_looks();
  for (const ClearingStep step : clearing_.looked(source, target))
    take_step(step, turn);
}

void Migration::take_step(ClearingStep step, Turn& turn) {
  const auto ask = [&](MigrationEffect effect) { turn.out.effects.push_back(effect); };
  switch (step) {
    case ClearingStep::mark: return ask(MigrationEffect::mark_clearing);
    case ClearingStep::destroy_at_source: return ask(MigrationEffect::destroy_at_source);
    case ClearingStep::destroy_at_target: return ask(MigrationEffect::destroy_at_target);
    case ClearingStep::start_at_source: return ask(MigrationEffect::start_at_source);
    case ClearingStep::give_up: return lose(turn);
  }
}

void Migration::take(const NotCleared& event, Turn&) {
  if (phase_ != clearing) return;
  if (event.tried) {
    detail_ = event.why;
  } else {
    clearing_.not_ordered();
  }
}

void Migration::doubt(Instant now) {
  if (!doubt_since_ || *doubt_since_ > now) doubt_since_ = now;
  look_at_ = std::min(look_at_, now);
}

void Migration::finish(Turn& turn) {
  ended_at_ = turn.now;
  move_to(complete, stats_ && !adopted_ ? summary() : arrival(), turn);
}

void Migration::stay(Turn& turn) {
  ended_at_ = turn.now;
  const std::string why = detail_.empty() ? "libvirt gave no reason" : detail_;
  const bool anew = phase_ == clearing;
  move_to(stayed,
          {.code = anew ? Code::started_anew : Code::migration_failed,
           .about = plan_.source.text,
           .detail = why},
          turn);
}

void Migration::move_to(Phase to, Reason reason, Turn& turn) {
  INVARIANT(may_follow(phase_, to));
  reason_ = reason;
  turn.out.changes.push_back({phase_, to, std::move(reason)});
  phase_ = to;  // nowhere else
}

// From the source's stop to the target's start, as events of both said; QEMU's own figure is wrong
// for postcopy (LAB.md §5). 0: one of the two was not heard.
Duration Migration::downtime() const {
  if (!stopped_at_ || !resumed_at_) return Duration{0};
  return std::max(*resumed_at_ - *stopped_at_, Duration{0});
}

Reason Migration::arrival() const {
  if (adopted_) return {.code = Code::adopted_arrived, .about = plan_.target.text};
  return {.code = Code::moved_in,
          .values = {downtime().count(), total().count()},
          .about = plan_.target.text};
}

Reason Migration::summary() const {
  const ports::MigrationStats& stats = *stats_;
  const auto told = [](std::int64_t value) { return std::max(value, std::int64_t{0}); };
  const std::int64_t kib = told(stats.bytes) / 1024;
  return {.code = Code::migration_complete,
          .values = {downtime().count(), total().count(), kib, told(stats.page_requests),
                     told(stats.dirty_pages_s)},
          .about = plan_.target.text};
}

}  // namespace actors
