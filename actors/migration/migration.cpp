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
constexpr std::int64_t kClearings = 5;  // a definition that is not there, say, does not come back
constexpr std::int64_t kSwitches = 10;
constexpr std::int64_t kStrandedLooks = 10;  // times rarer than while in doubt

// The phases, DESIGN.md §7. A look may find that several went by unheard.
constexpr std::array<std::pair<Phase, Phase>, 39> kTransitions{{
    {preparing, copying},   {preparing, complete},  {preparing, stayed},   {preparing, lost},
    {copying, switched},    {copying, resumed},     {copying, complete},   {copying, stayed},
    {copying, stranded},    {copying, lost},        {switched, resumed},   {switched, complete},
    {switched, stayed},     {switched, stranded},   {switched, lost},      {resumed, complete},
    {resumed, stayed},      {resumed, stranded},    {resumed, lost},       {stranded, complete},
    {stranded, stayed},     {stranded, lost},       {stranded, stranded},  {stranded, recovering},
    {recovering, stranded}, {recovering, complete}, {recovering, stayed},  {recovering, lost},
    {preparing, clearing},  {copying, clearing},    {switched, clearing},  {resumed, clearing},
    {stranded, clearing},   {recovering, clearing}, {clearing, complete},  {clearing, stayed},
    {clearing, lost},       {clearing, clearing},   {preparing, stranded},
}};

/// Its memory is on two hosts, or what is left of it is, and it does not come to its end by itself.
constexpr bool is_apart(Phase phase) {
  return phase == stranded || phase == recovering || phase == clearing;
}

}  // namespace

struct Migration::Turn {
  Instant now;
  const MigrationSettings& settings;
  MigrationOutcome out{};
};

Migration Migration::adopted(MigrationPlan plan, Instant now) {
  Migration found{std::move(plan)};
  found.phase_ = copying;
  found.adopted_ = true;
  found.plan_.mode = ports::MigrationMode::precopy;
  found.began_at_ = now;
  found.call_ended_ = true;
  found.reason_ = {
      .code = Code::adopted, .about = found.plan_.source.text, .detail = found.plan_.target.text};
  found.detail_ = "the migration that was found under way has ended";
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
  if (event.error && phase_ == recovering) {
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
  if (phase_ != stranded) return;
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
  if (news == News::postcopy_failed_source || news == News::stopped) doubt(turn.now);
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
  const bool bad =
      news == News::postcopy_failed_target || news == News::stopped_failed || news == News::stopped;
  if (bad) doubt(turn.now);
}

void Migration::take(const Looked& event, Turn& turn) {
  (event.end == End::source ? source_ : target_) = event.state;
  if (event.end == End::source) source_job_ = event.job;
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
  give_up_precopy(turn);
  if (is_apart(phase_) && !twice_) take_step(recovery_.waited(turn.now, turn.settings), turn);
  if (doubt_since_ && turn.now >= look_at_) look(turn);
}

void Migration::give_up_precopy(Turn& turn) {
  if (plan_.mode != ports::MigrationMode::precopy || phase_ != copying || aborted_) return;
  const Duration limit = turn.settings.precopy_limit_per_gib * plan_.memory.count / kKibPerGib;
  if (turn.now - began_at_ < limit) return;
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
  move_to(stranded,
          {.code = Code::broken_in_postcopy, .about = plan_.source.text, .detail = detail_}, turn);
}

// While our call still runs, or libvirt's job, a VM that runs on its source only has not moved yet;
// one that was cleared away runs there because it was started anew.
void Migration::judge(Turn& turn) {
  const DomainState source = *source_, target = *target_;
  const bool under_way = phase_ != clearing && (!call_ended_ || source_job_);
  if (runs_whole(target) && is_gone(source)) return finish(turn);
  if (runs_whole(source) && is_gone(target) && !under_way) return stay(turn);
  if (phase_ == clearing) return clear(source, target, turn);
  const bool twice = at_both(source, target) && !source_job_;
  const bool was_twice = std::exchange(twice_once_, twice);
  if (twice) return was_twice ? part(target, turn) : look_anew(turn.now);
  const bool was_lost = std::exchange(lost_once_, nothing_left(source, target));
  if (lost_once_) return was_lost ? lose(turn) : look_anew(turn.now);
  catch_up(source, target, turn);
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

// Phases that went by unheard.
void Migration::catch_up(DomainState source, DomainState target, Turn& turn) {
  if (source == DomainState::paused_postcopy && phase_ == copying)
    move_to(switched, {.code = Code::looked, .about = plan_.source.text, .detail = "switched"},
            turn);
  if (target == DomainState::running_postcopy && (phase_ == copying || phase_ == switched))
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
  const bool again = turn.settings.on_lost == OnLost::restart && phase_ != clearing;
  if (again) {
    move_to(clearing, {.code = Code::lost_started_anew, .detail = detail_}, turn);
    recovery_ = {};  // from now on it only counts how long nothing can be done
    return clear(*source_, *target_, turn);
  }
  ended_at_ = turn.now;
  move_to(lost, {.code = Code::lost, .detail = detail_}, turn);
}

// By looks alone: whatever a call came to, the next look shows what is still to be done. An end
// that does not answer is waited for: something may be left there. What runs whole is never
// destroyed.
void Migration::clear(DomainState source, DomainState target, Turn& turn) {
  const auto in_part = [](DomainState state) { return !is_gone(state) && !runs_whole(state); };
  if (++clearings_ > kClearings) return lose(turn);
  if (in_part(source)) turn.out.effects.push_back(MigrationEffect::destroy_at_source);
  if (in_part(target)) turn.out.effects.push_back(MigrationEffect::destroy_at_target);
  if (is_gone(source) && is_gone(target))
    turn.out.effects.push_back(MigrationEffect::start_at_source);
  forget_looks();
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
  INVARIANT(std::ranges::count(kTransitions, std::pair{phase_, to}) == 1);
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
