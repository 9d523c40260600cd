// Commands of the operator's, some at a time; more wait their turn, and how many may is bounded.
#pragma once

#include <deque>

#include "drivers/process/child.h"

namespace drivers::local {

class CommandQueue {
 public:
  struct Bounds {
    std::size_t running, waiting;
  };

  CommandQueue(reactor::Loop& loop, Bounds bounds) : bounds_(bounds), children_(loop) {}

  /// One that is run once its turn has come. False: as many as may wait already; `done` never
  /// comes.
  bool submit(process::Command command, process::Children::Done done);

 private:
  struct Job {
    process::Command command;
    process::Children::Done done;
  };
  void serve();

  Bounds bounds_;
  std::deque<Job> waiting_;
  process::Children children_;
};

}  // namespace drivers::local
