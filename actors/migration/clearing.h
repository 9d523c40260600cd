// How a VM that is lost is cleared away and started anew at its source: first it is marked as such,
// durably, then what is left of it is destroyed at both ends, then it is started. By looks alone:
// whatever a call came to, the next look at both ends shows what is still to be done.
//
// Pure. Source: DESIGN.md §7 (`on_lost: restart`); LAB.md §6 C1.
#pragma once

#include <cstdint>
#include <vector>

#include "actors/ports/facts.h"

namespace actors {

enum class ClearingStep {
  mark,  ///< what can't be started again is not destroyed
  destroy_at_source,
  destroy_at_target,
  start_at_source,
  give_up  ///< as many tries as are allowed came to nothing
};

class Clearing {
 public:
  /// A definition that is not there, say, does not come back.
  static constexpr std::int64_t kTries = 5;

  /// Both ends answered, and the VM is whole at neither: what to do now, in this order. An end that
  /// does not answer is waited for, as something may be left there. What runs whole is never
  /// destroyed, nor is what has just been started.
  std::vector<ClearingStep> looked(ports::DomainState source, ports::DomainState target);
  /// While the mark can't be made it is asked for at each look.
  void marked(bool is_marked) { marked_ = is_marked; }
  /// The last try does not count: an order of it never left the controller.
  void not_ordered();

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("marked", self.marked_)("tries", self.tries_)("counts", self.counts_);
    archive("started", self.started_);
  }

 private:
  bool marked_ = false;
  std::int64_t tries_ = 0;  ///< to remove what is left and to start it
  bool counts_ = false;     ///< the last of them
  bool started_ = false;    ///< at its source; it may take its time to come up
};

}  // namespace actors
