// A process that may outlive us: started here, or found running from an earlier run.
//
// Of either kind we hear once how it ended. Signals go to just this process: to a child by its PID,
// which is not reused before we have reaped it, to a found one by a pidfd.
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "reactor/loop.h"
#include "reactor/result.h"

namespace drivers::process {

class Process {
 public:
  using Ended = std::function<void(const std::string& how)>;

  Process(reactor::Loop& loop, Ended ended);
  /// Lets go of it: it runs on.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Starts a program, in a session of its own (no Ctrl-C of ours reaches it), with `output` as its
  /// output and `kept` as its descriptor 3. Errors: refused.
  reactor::Result<reactor::Unit> spawn(const std::vector<std::string>& argv, int output, int kept);

  /// Takes over a running process if `is_it` says so of its PID. Asked after the pidfd is open, so
  /// that the PID can't have changed hands. Errors: refused.
  reactor::Result<reactor::Unit> adopt(pid_t pid, const std::function<bool(pid_t)>& is_it);

  bool running() const { return held_ != nullptr; }
  bool adopted() const;
  pid_t pid() const;  ///< 0: none
  void signal(int signum) const;

 private:
  struct Held;
  /// uv_spawn()'s answer. `descriptors`: the program's 1, 2 and 3.
  int start(const std::vector<std::string>& argv, const std::array<int, 3>& descriptors);
  void end(const std::string& how);

  reactor::Loop& loop_;
  Ended ended_;
  Held* held_ = nullptr;  ///< lives until libuv has closed its handle
};

}  // namespace drivers::process
