// Work that waits for its time: by deadline, equal deadlines in the order they were set.
#pragma once

#include <map>
#include <optional>

#include "reactor/scheduler.h"

namespace reactor {

class Alarms {
 public:
  void set(Instant deadline, Work work) { waiting_.emplace(deadline, std::move(work)); }

  std::optional<Instant> next() const {
    return waiting_.empty() ? std::nullopt : std::optional{waiting_.begin()->first};
  }

  /// Takes out the first piece of work that is due, if any.
  std::optional<Work> take_due(Instant now) {
    if (waiting_.empty() || waiting_.begin()->first > now) return std::nullopt;
    return std::move(waiting_.extract(waiting_.begin()).mapped());
  }

 private:
  std::multimap<Instant, Work> waiting_;
};

}  // namespace reactor
