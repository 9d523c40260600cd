// The average CPU of a host or a VM over the last seconds, weighted by what each sample spans, on
// the host's own clock. Source: DESIGN.md §1 "Windows".
#pragma once

#include <optional>
#include <vector>

#include "actors/ports/fields.h"

namespace actors {

class Window {
 public:
  /// A sample that spans `dt` and ends at `t`, not before any earlier one. Samples that end `span`
  /// or more before it are forgotten.
  void add(reactor::Duration t, reactor::Duration dt, Mcores cpu, reactor::Duration span);

  /// As if nothing had been measured yet.
  void restart() { *this = {}; }

  /// None while samples cover less than `cover_pct` of `span`.
  std::optional<Mcores> average(reactor::Duration span, std::int64_t cover_pct) const;

  reactor::Duration covered() const { return reactor::Duration{covered_ms_}; }
  /// What it adds to the average of a window that has covered `time`; never more than its own
  /// average.
  Mcores share_of(reactor::Duration time) const;

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("slots", self.slots_)("covered_ms", self.covered_ms_)("mcore_ms", self.mcore_ms_);
  }

 private:
  struct Slot {
    reactor::Duration t, dt;
    Mcores cpu;
    template <class Archive, class Self>
    static void fields(Archive& archive, Self& self) {
      archive("t", self.t)("dt", self.dt)("cpu", self.cpu);
    }
  };

  std::vector<Slot> slots_;      ///< oldest first; ten or so
  std::int64_t covered_ms_ = 0;  ///< sum of dt
  std::int64_t mcore_ms_ = 0;    ///< sum of cpu * dt
};

}  // namespace actors
