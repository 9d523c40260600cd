// Why something changed or was refused: one list for all actors. The text of tail, status and the
// expected journals is made from it; no actor writes text for people.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "actors/ports/fields.h"

namespace actors {

using namespace std::string_view_literals;

enum class ReasonCode {
  // Admission desk.
  ticket_free,
  ticket_out,
  queue_full,
  no_window,
  cpu_does_not_fit,
  memory_does_not_fit,
  withdrawn,
  ticket_expired,
  no_ticket,
  migration_started,
  arrived,
  not_arrived,
  window_full,
  warehouse_unusable,
  // Host.
  host_empty,
  no_sample,
  no_libvirt,
  samples_zero,
  samples_frozen,
  samples_too_much,
  clock_back,
  clock_ahead,
  said_hello,
  said_down,
  power_asleep,
  proven_asleep,
  suspend_refused,
  suspend_in_use,
  suspend_not_now,
  suspend_late,
  order_lost,
  host_needed,
  host_unknown,
  host_drilled,
  drill_over,
  drill_passed,
  drill_failed,
  drill_impossible,
  reserve_wanted,
  came_up_anew,
  wake_failed,
  wake_late,
  backoff_over,
  said_goodbye,
  // VM.
  first_seen,
  settled_parked,
  settled_active,
  warehouse_overloaded,
  load_fell,
  target_unusable,
  held,
  cooling_down,
  flapping,
  ping_pong,
  ping_pong_over,
  hold_over,
  below_return_threshold,
  above_return_threshold,
  nowhere_to_return,
  moved_in,
  migration_failed,
  moved_by_operator,
  unmovable,
  no_host_can_take,
  target_cannot_take,
  excluded,
  movable_again,
  stopped,
  restarted_elsewhere,
  broken_in_postcopy,
  healed,
  lost,
  shut_down_moving,
  other_end_missing,
  ends_not_named,
  not_ready,
  end_in_doubt,
  // Migration.
  migration_wanted,
  definition_kept,
  news_heard,
  call_failed,
  call_ended,
  looked,
  precopy_too_long,
  switched_at_limit,
  migration_complete,
  in_doubt,
  adopted,
  adopted_kept,
  adopted_arrived,
  resuming,
  resume_failed,
  resume_stuck,
  resume_slow,
  half_open,
  half_open_ended,
  not_ended,
  needs_operator,
  waits_for_nothing,
  runs_twice,
  lost_started_anew,
  started_anew,
  // Pool.
  no_server_node,
  held_back_top,
  leading_pool,
  blind_pool,
  budget_spent,
  hosts_silent,
  hosts_speak,
  settings_read,
  started,
  alert_failed,
  alert_works,
  told_long_enough,
  no_longer_named,
  dry_run_sleep,
  dry_run_only,
};

/// How a code reads: its name, and its text. `{0m}` is values[0] as cores, `k` as memory, `d` as a
/// duration, `n` as a plain number, `p` as per cent; `{about}` and `{detail}` stand for themselves.
struct ReasonText {
  std::string_view name, text;
};
const ReasonText& text_of(ReasonCode code);
/// In the order of the codes.
std::span<const std::string_view> names(ReasonCode);

struct Reason {
  ReasonCode code = ReasonCode::started;
  std::vector<std::int64_t> values{};  ///< in the units the code's text gives them
  std::string about{};                 ///< another actor that is part of it
  std::string detail{};                ///< what a foreign party said
  std::optional<reactor::Instant>
      clears_at{};  ///< ends then by itself; none: only an event ends it
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("code", self.code)("values", self.values)("about", self.about)("detail", self.detail);
    archive("clears_at", self.clears_at);
  }
  friend bool operator==(const Reason&, const Reason&) = default;
};

/// The sentence for people, without the names of who changed.
std::string to_text(const Reason& reason);

}  // namespace actors
