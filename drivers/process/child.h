// Child processes on the loop: run as they are, without a shell, each with a deadline.
//
// A command's name is looked up on PATH unless it has a slash in it. Its standard input is a file
// in memory, so one that does not read it harms nobody; what it prints is kept up to kMostOutput
// and thrown away beyond, so that a chatty command never blocks on us. At the deadline it is killed
// (SIGKILL) by its PID. What it left behind is not killed, and waited for only until the deadline,
// if it holds the output open.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "reactor/loop.h"

namespace drivers::process {

inline constexpr std::size_t kMostOutput = 64UL * 1024;  ///< of each of the two streams

struct ChildResult {
  int exit_code = -1;      ///< -1: it never ran, or a signal ended it
  int signal = 0;          ///< that ended it
  bool timed_out = false;  ///< killed at the deadline
  std::string failure;     ///< why it never ran
  std::string out, err;    ///< each cut at kMostOutput
  bool good() const { return exit_code == 0; }
};

struct Command {
  std::vector<std::string> argv;  ///< not empty
  reactor::Duration limit{};
  std::string input{};  ///< empty: /dev/null
};

/// "/sbin/x: exit status 3: no such host": what happened, for people.
std::string describe(const std::vector<std::string>& argv, const ChildResult& result);

class Children {
 public:
  using Done = std::function<void(ChildResult)>;

  explicit Children(reactor::Loop& loop) : loop_(loop) {}
  /// Kills what still runs; its `done` never comes. The loop must still run, or end, afterwards.
  ~Children();
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  /// Returns at once; `done` runs exactly once, on the loop, never from inside the call.
  void run(const Command& command, Done done);

  std::size_t running() const { return runs_.size(); }

 private:
  class Run;

  reactor::Loop& loop_;
  std::set<Run*> runs_;  ///< each owns itself, since libuv calls it until its handles are closed
};

}  // namespace drivers::process
