#include "actors/reason.h"

#include <fmt/format.h>

#include <algorithm>

#include "reactor/invariant.h"

namespace actors {

namespace {

using enum ReasonCode;

struct Row {
  ReasonCode code;
  ReasonText text;
};

// In the order of ReasonCode.
constexpr auto kRows = std::to_array<Row>({
    {ticket_free, {"ticket_free", "{about} gives an admission ticket: {0m} and {1k} promised"}},
    {ticket_out, {"ticket_out", "waits for a ticket of {about}: {0n} of {1n} out"}},
    {queue_full, {"queue_full", "the queue of {about} is full: {0n} wait, limit {1n}"}},
    {no_window, {"no_window", "too little of {about}'s window is covered by samples"}},
    {cpu_does_not_fit,
     {"cpu_does_not_fit",
      "does not fit on {about}: it uses {0m}, promised {1m}, asked for {2m}, limit {3m}"}},
    {memory_does_not_fit,
     {"memory_does_not_fit",
      "does not fit on {about}: its VMs may use {0k}, promised {1k}, asked for {2k}, limit {3k}"}},
    {withdrawn, {"withdrawn", "it does not come"}},
    {ticket_expired, {"ticket_expired", "its ticket of {about} expired after {0d}"}},
    {no_ticket, {"no_ticket", "it has no ticket of {about}"}},
    {migration_started, {"migration_started", "its migration starts"}},
    {arrived, {"arrived", "it arrived; its promise stays until its first window is full"}},
    {not_arrived, {"not_arrived", "it did not arrive"}},
    {window_full, {"window_full", "its first window is full; its promise ends"}},
    {warehouse_unusable, {"warehouse_unusable", "{about} can't take it now"}},
    {host_empty, {"host_empty", "empty for {0d}, limit {1d}"}},
    {no_sample, {"no_sample", "no fresh sample for {0d}, limit {1d}"}},
    {no_libvirt, {"no_libvirt", "libvirt has not answered for {0d}, limit {1d}"}},
    {samples_zero, {"samples_zero", "its samples are all zero, even the host's own memory"}},
    {samples_frozen,
     {"samples_frozen", "its last {0n} samples with load are the same in every figure"}},
    {samples_too_much, {"samples_too_much", "its sample says {0m} of CPU, and it has {1n} cores"}},
    {clock_back,
     {"clock_back", "its clock stood or went back: a later sample is {0d} older than the last"}},
    {clock_ahead, {"clock_ahead", "its clock ran {0d} ahead from one sample to the next"}},
    {said_hello, {"said_hello", "its agent said hello and libvirt answers, after {0d}"}},
    {said_down, {"said_down", "its agent's last word was that it went down"}},
    {power_asleep, {"power_asleep", "not heard, and its power says that it is down"}},
    {proven_asleep, {"proven_asleep", "proven asleep {0d} after the order"}},
    {suspend_refused, {"suspend_refused", "it would not sleep ({0n} failures in a row): {detail}"}},
    {suspend_in_use, {"suspend_in_use", "it is in use, says its agent: {detail}"}},
    {suspend_not_now, {"suspend_not_now", "its agent can't tell whether it is in use: {detail}"}},
    {suspend_late, {"suspend_late", "not asleep in time ({0n} failures in a row)"}},
    {order_lost, {"order_lost", "the order did not reach its stream: {detail}"}},
    {host_needed, {"host_needed", "{0n} VMs need it"}},
    {host_unknown, {"host_unknown", "it never said what it has; woken to say so"}},
    {host_drilled,
     {"host_drilled", "a drill: sleeps for {0d}, then is woken, to show that it wakes"}},
    {drill_over, {"drill_over", "a drill: slept for {0d}"}},
    {drill_passed, {"drill_passed", "it wakes: {0d} by {detail}"}},
    {drill_failed,
     {"drill_failed", "it came up, but in another boot: that was no sleep, and it stays awake"}},
    {drill_impossible, {"drill_impossible", "no drill now: {detail}"}},
    {reserve_wanted, {"reserve_wanted", "nobody needs it yet; for the reserve"}},
    {came_up_anew,
     {"came_up_anew",
      "another boot: it was switched off in its sleep, or reset; what it had in memory is gone"}},
    {wake_failed, {"wake_failed", "no wake by {about}: {detail}"}},
    {wake_late, {"wake_late", "not awake in time ({0n} failures in a row): {detail}"}},
    {backoff_over, {"backoff_over", "its time off is over ({0n} failures in a row)"}},
    {said_goodbye, {"said_goodbye", "its agent says goodbye"}},
    {first_seen, {"first_seen", "seen on {about}"}},
    {settled_parked,
     {"settled_parked", "{about} is a warehouse node and its first window is full: {0m}"}},
    {settled_active,
     {"settled_active", "{about} is a server node and its first window is full: {0m}"}},
    {warehouse_overloaded,
     {"warehouse_overloaded",
      "{about} at {0p} for {1d}, limit {2p}; this VM uses most of what may move: {3m}"}},
    {load_fell, {"load_fell", "{about} is down to {0p}, limit {1p}: called off"}},
    {target_unusable, {"target_unusable", "{about} can't take it now"}},
    {held, {"held", "held after its last migration"}},
    {cooling_down, {"cooling_down", "left alone after a failure ({0n} in a row)"}},
    {flapping,
     {"flapping", "stays here for longer: it goes out and back too often ({0n} times so far)"}},
    {ping_pong,
     {"ping_pong", "out and back {0n} times in {1d}: its load, or a threshold, makes it flap"}},
    {ping_pong_over, {"ping_pong_over", "out and back less than {0n} times in {1d} again"}},
    {hold_over, {"hold_over", "held for {0d}; its load is looked at from now on"}},
    {below_return_threshold,
     {"below_return_threshold", "uses {0m} over {1d}, below the return threshold of {2m}"}},
    {above_return_threshold,
     {"above_return_threshold", "uses {0m} again, not below the return threshold of {1m}"}},
    {nowhere_to_return, {"nowhere_to_return", "no warehouse node has room; asks again every {0d}"}},
    {moved_in, {"moved_in", "arrived on {about}: downtime {0d}, {1d} in all"}},
    {migration_failed, {"migration_failed", "stays on {about}: {detail}"}},
    {moved_by_operator, {"moved_by_operator", "somebody else moved it to {about}"}},
    {unmovable, {"unmovable", "can't be moved: {detail}"}},
    {no_host_can_take, {"no_host_can_take", "no other host can take it: {detail}"}},
    {target_cannot_take, {"target_cannot_take", "{about} can't take it: {detail}"}},
    {excluded, {"excluded", "excluded by conf.yaml"}},
    {movable_again, {"movable_again", "may be moved again"}},
    {stopped, {"stopped", "stopped on {about}"}},
    {restarted_elsewhere, {"restarted_elsewhere", "runs on {about} now"}},
    {broken_in_postcopy,
     {"broken_in_postcopy",
      "its postcopy from {about} broke; its memory is on two hosts: do not touch either; "
      "{detail}"}},
    {healed, {"healed", "its postcopy came to its end after all, on {about}"}},
    {lost, {"lost", "neither end of its migration has the whole of it: {detail}"}},
    {shut_down_moving,
     {"shut_down_moving",
      "was shut down on {about} in the middle of its migration; left of it, if anything: "
      "{detail}"}},
    {other_end_missing,
     {"other_end_missing",
      "somebody's migration left a part of it on {about} ({detail}), and its other end has not "
      "shown "
      "for {0d}: not touched, and the host stays awake; NEEDS OPERATOR"}},
    {ends_not_named,
     {"ends_not_named",
      "an earlier controller was moving it from {about} to {detail}, and conf.yaml does not name "
      "both: not followed; NEEDS OPERATOR"}},
    {not_ready, {"not_ready", "can't be moved in this state"}},
    {end_in_doubt,
     {"end_in_doubt",
      "the migration of {detail} broke, and {about} is an end of it: nothing is moved from or to "
      "it"}},
    {migration_wanted, {"migration_wanted", "to {about} by {detail}"}},
    {definition_kept, {"definition_kept", "its definition is kept"}},
    {news_heard, {"news_heard", "{about} says {detail}"}},
    {call_failed, {"call_failed", "libvirt's call came back: {detail}"}},
    {call_ended, {"call_ended", "libvirt's call came back as done; looking at both ends"}},
    {looked, {"looked", "looked: {about} says {detail}"}},
    {precopy_too_long, {"precopy_too_long", "precopy has not ended in {0d}; given up"}},
    {switched_at_limit,
     {"switched_at_limit", "precopy has not ended in {0d}: switched to postcopy"}},
    {migration_complete,
     {"migration_complete",
      "on {about}: downtime {0d}, {1d} in all, {2k} sent, {3n} page requests, {4n} dirty pages/s"}},
    {in_doubt,
     {"in_doubt",
      "for {0d} nobody could tell how far it is; until it is switched all of it is on {about}: do "
      "not touch it there; {detail}"}},
    {adopted, {"adopted", "found under way from {about} to {detail}"}},
    {adopted_kept,
     {"adopted_kept", "an earlier controller was moving it from {about} to {detail}"}},
    {adopted_arrived, {"adopted_arrived", "arrived on {about}; it was under way before we came"}},
    {resuming, {"resuming", "both ends say that it failed: resumed, try {0n} of {1n}"}},
    {resume_failed, {"resume_failed", "try {0n} of {1n} to resume it came back: {detail}"}},
    {resume_stuck,
     {"resume_stuck", "to resume it takes longer than {0d}; NEEDS OPERATOR: {detail}"}},
    {resume_slow,
     {"resume_slow",
      "to resume it takes longer than {0d}, and it goes on; migration.resume_limit may be too "
      "short"}},
    {half_open,
     {"half_open",
      "{about} has waited {0d} for a source that is gone, and does not notice; NEEDS OPERATOR: "
      "{detail}"}},
    {half_open_ended,
     {"half_open_ended",
      "{about} has waited {0d} for a source that is gone, and does not notice: its agent ends the "
      "connection"}},
    {not_ended, {"not_ended", "the agent of {about} does not end the connection: {detail}"}},
    {needs_operator, {"needs_operator", "not resumed in {0n} tries; NEEDS OPERATOR: {detail}"}},
    {waits_for_nothing,
     {"waits_for_nothing",
      "for {0d} an end has not answered, or not both say that it failed; NEEDS OPERATOR: "
      "{detail}"}},
    {runs_twice,
     {"runs_twice",
      "the target's last word was lost, and libvirt let it run at both ends; suspended at the "
      "target; to keep that on {about}, NEEDS OPERATOR: {detail}"}},
    {lost_started_anew,
     {"lost_started_anew",
      "neither end has the whole of it: what is left is destroyed, and it is started anew: "
      "{detail}"}},
    {started_anew,
     {"started_anew", "runs on {about} anew: what it had in memory is gone; {detail}"}},
    {no_server_node,
     {"no_server_node", "overloaded at {0p} for {1d}, limit {2p}, and no server node is free"}},
    {held_back_top,
     {"held_back_top",
      "overloaded at {0p} for {1d}, limit {2p}, and nothing that may move is worth it"}},
    {leading_pool, {"leading_pool", "leads the pool, epoch {0n}"}},
    {blind_pool, {"blind_pool", "{detail}; nothing is moved or put to sleep"}},
    {budget_spent, {"budget_spent", "the pool's {0n} moves of this hour are spent"}},
    {hosts_silent,
     {"hosts_silent",
      "{0n} of {1n} hosts that should speak are silent, limit {2p}; nothing more is moved or put "
      "to "
      "sleep"}},
    {hosts_speak,
     {"hosts_speak", "{0n} of {1n} hosts that should speak are silent, limit {2p}; goes on"}},
    {settings_read, {"settings_read", "settings read: {detail}"}},
    {started, {"started", "started: {detail}"}},
    {alert_failed, {"alert_failed", "nobody may know: alert.command: {detail}"}},
    {alert_works, {"alert_works", "alert.command tells people again"}},
    {told_long_enough,
     {"told_long_enough", "told {0n} times; nothing can be done about it any more"}},
    {no_longer_named, {"no_longer_named", "conf.yaml names it no more"}},
    {dry_run_sleep,
     {"dry_run_sleep", "dry run: it would be put to sleep, empty for {0d}, limit {1d}"}},
    {dry_run_only, {"dry_run_only", "dry run: it would go to {about} by {detail}"}},
});

// Else one reason would be told in another's words.
constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].code != static_cast<ReasonCode>(i)) return false;
  return true;
}

std::string value_text(std::int64_t value, char unit) {
  switch (unit) {
    case 'm': return fmt::format("{}.{:02} cores", value / 1000, value % 1000 / 10);
    case 'k':
      return value < 1024 ? fmt::format("{} KiB", value) : fmt::format("{} MiB", value / 1024);
    case 'd':
      return value < 1000 ? fmt::format("{} ms", value)
                          : fmt::format("{}.{} s", value / 1000, value % 1000 / 100);
    case 'p': return fmt::format("{} %", value);
    default: return fmt::format("{}", value);
  }
}

/// What stands for one `{...}` of a text.
std::string filled(const Reason& reason, std::string_view slot) {
  if (slot == "about") return reason.about;
  if (slot == "detail") return reason.detail;
  const auto index = static_cast<std::size_t>(slot[0] - '0');
  if (index >= reason.values.size()) return "?";
  return value_text(reason.values[index], slot[1]);
}

}  // namespace

const ReasonText& text_of(ReasonCode code) {
  static_assert(kRows.size() == static_cast<std::size_t>(dry_run_only) + 1 && in_order());
  return kRows[static_cast<std::size_t>(code)].text;
}

std::span<const std::string_view> names(ReasonCode) {
  static constexpr auto kNames = [] {
    std::array<std::string_view, kRows.size()> out;
    std::ranges::transform(kRows, out.begin(), [](const Row& row) { return row.text.name; });
    return out;
  }();
  return kNames;
}

std::string to_text(const Reason& reason) {
  std::string out;
  std::string_view rest = text_of(reason.code).text;
  for (std::size_t open = rest.find('{'); open != rest.npos; open = rest.find('{')) {
    const std::size_t close = rest.find('}', open);
    out += rest.substr(0, open);
    out += filled(reason, rest.substr(open + 1, close - open - 1));
    rest.remove_prefix(close + 1);
  }
  out += rest;
  const bool cut_short = out.ends_with("; ") || out.ends_with(": ");  // there was no detail
  return cut_short ? out.substr(0, out.size() - 2) : out;
}

}  // namespace actors
