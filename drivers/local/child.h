// One child process on the loop: run as it is, without a shell, with a deadline.
//
// The command's name is looked up on PATH unless it has a slash in it. It gets no standard input;
// what it prints is kept up to kMostOutput and thrown away beyond, so that a chatty command never
// blocks on us. At the deadline it is killed (SIGKILL), itself, by its PID; processes that it left
// behind may go on, but nothing waits for them.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "reactor/loop.h"

namespace drivers::local {

inline constexpr std::size_t kMostOutput = 64 * 1024;  ///< of each of the two streams

struct ChildResult {
  int exit_code = -1;      ///< -1: it never ran, or a signal ended it
  int signal = 0;          ///< that ended it
  bool timed_out = false;  ///< killed at the deadline
  std::string failure;     ///< why it never ran
  std::string out, err;    ///< cut at kMostOutput
  bool good() const { return exit_code == 0; }
};

/// "/sbin/x: exit status 3: no such host": what happened, for people.
std::string describe(const std::vector<std::string>& argv, const ChildResult& result);

/// Runs `argv` (not empty). Returns at once; `done` runs exactly once, on the loop, never from
/// inside the call. A loop that has children is not to be destroyed before they are done.
void run_child(reactor::Loop& loop, const std::vector<std::string>& argv,
               reactor::Duration limit, std::function<void(ChildResult)> done);

}  // namespace drivers::local
