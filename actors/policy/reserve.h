// How many empty server nodes stay awake, so that a VM that wants one need not wait for a wake.
//
// Either a number, or as many as were wanted within one wake in the busiest stretch of late:
// `power.reserve_hosts: auto`. Pure.
#pragma once

#include <vector>

#include "actors/settings.h"

namespace actors {

class Reserve {
 public:
  /// A VM wants a server node.
  void demanded(reactor::Instant now, const PowerSettings& settings);
  /// `wake_takes`: p95 of the pool's wakes.
  std::int64_t wanted(reactor::Instant now, Duration wake_takes,
                      const PowerSettings& settings) const;

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("demands", self.demands_);
  }

 private:
  std::vector<reactor::Instant> demands_;  ///< newest last, within `reserve_window`; at most 1 024
};

}  // namespace actors
