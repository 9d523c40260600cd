// What looks at both ends of a migration say together. The two are not of one moment, so before
// anything is undone a second pair has to say the same.
//
// Source: LAB.md §5 (what each end says on the way), §6 (and when it breaks).
#pragma once

#include "actors/ports/facts.h"

namespace actors {

/// What only a migration leaves: one end of it.
constexpr bool is_part(ports::DomainState state) {
  using enum ports::DomainState;
  return state == paused_migrating || state == paused_postcopy || state == paused_postcopy_failed ||
         state == running_postcopy || state == running_postcopy_failed;
}

/// Nothing is wrong with it: it only takes its time.
constexpr bool on_its_way(ports::DomainState source, ports::DomainState target) {
  using enum ports::DomainState;
  const bool leaving = runs_here(source) || source == paused_migrating || source == paused_postcopy;
  const bool arriving = is_gone(target) || target == paused_migrating || target == running_postcopy;
  return leaving && arriving && !(is_gone(target) && source == paused_postcopy);
}

/// Of a source: it runs here no more, and not all of it has left.
constexpr bool has_switched(ports::DomainState source) {
  using enum ports::DomainState;
  return source == paused_postcopy || source == paused_postcopy_failed;
}

/// Of a target: it runs here, and not all of it has come.
constexpr bool runs_in_part(ports::DomainState target) {
  using enum ports::DomainState;
  return target == running_postcopy || target == running_postcopy_failed;
}

/// One end has nothing, and the other not all of it: no host has the whole VM.
constexpr bool nothing_left(ports::DomainState source, ports::DomainState target) {
  using enum ports::DomainState;
  const bool half_source = is_gone(source) || has_switched(source);
  const bool half_target = is_gone(target) || target == paused_migrating || runs_in_part(target);
  return half_source && half_target && (is_gone(source) || is_gone(target));
}

/// Each end has all of it and may run it. libvirt (9.0) does that to a migration that ended as a
/// precopy, if the target's last word is lost on its way: the source then runs on, and the target
/// begins. It takes no postcopy back that way.
constexpr bool at_both(ports::DomainState source, ports::DomainState target) {
  return runs_here(source) && runs_here(target);
}

/// A postcopy of which both ends say that it broke: it can be resumed.
constexpr bool both_failed(ports::DomainState source, ports::DomainState target) {
  using enum ports::DomainState;
  return source == paused_postcopy_failed && target == running_postcopy_failed;
}

/// Each end has a part of it.
constexpr bool are_halves(ports::DomainState source, ports::DomainState target) {
  return has_switched(source) && runs_in_part(target);
}

/// And at least one has failed; else it only takes its time.
constexpr bool is_broken(ports::DomainState source, ports::DomainState target) {
  using enum ports::DomainState;
  return are_halves(source, target) &&
         (source == paused_postcopy_failed || target == running_postcopy_failed);
}

/// The source has given up, and the target waits for it: it only receives, so it may never notice.
constexpr bool is_half_open(ports::DomainState source, ports::DomainState target) {
  using enum ports::DomainState;
  return source == paused_postcopy_failed &&
         (target == running_postcopy || target == paused_migrating);
}

}  // namespace actors
