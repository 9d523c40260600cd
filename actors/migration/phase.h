// The phases of a migration, and which may follow which. Source: DESIGN.md §7.
#pragma once

#include <array>
#include <string_view>

namespace actors {

using namespace std::string_view_literals;

enum class Phase {
  preparing,   ///< its definition is being kept
  copying,     ///< abort is safe
  switched,    ///< execution has left the source: never abort, never touch the source's copy
  resumed,     ///< executes on the target, pages still missing
  complete,    ///< executes on the target and has everything
  stayed,      ///< executes on the source as before
  stranded,    ///< broke after the switch and did not heal in time; still looked at
  recovering,  ///< it is being resumed
  clearing,    ///< lost, and started anew once nothing is left of it
  lost,        ///< on neither end
  ended        ///< its guest shut itself down, or somebody ended it, in the middle of it
};
constexpr auto names(Phase) {
  return std::array{"preparing"sv, "copying"sv, "switched"sv, "resumed"sv,
                    "complete"sv,  "stayed"sv,  "stranded"sv, "recovering"sv,
                    "clearing"sv,  "lost"sv,    "ended"sv};
}

/// Also of a phase and itself: something may be worth saying within it.
bool may_follow(Phase from, Phase to);

/// Its memory is on two hosts, or what is left of it is, and it does not come to its end by itself.
constexpr bool is_apart(Phase phase) {
  return phase == Phase::stranded || phase == Phase::recovering || phase == Phase::clearing;
}

}  // namespace actors
