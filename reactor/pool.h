// A bounded pool of threads for calls that block; what they return comes back on the loop.
//
// Bounded twice: threads at work, and work that waits. Two pools never take from one another, so
// one for long calls can be full while one for control calls still answers. Source: DESIGN.md §3
// (b).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "reactor/scheduler.h"

namespace reactor {

class Pool {
 public:
  Pool(Scheduler& loop, std::size_t threads, std::size_t most_waiting);
  /// Waits for the work that has begun; work still waiting is dropped and its `done` never runs.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Runs `call` on a thread, then `done(result)` on the loop. False: full, and nothing will run.
  template <class Blocking, class Done>
  [[nodiscard]] bool submit(Blocking call, Done done) {
    return enqueue([call = std::move(call), done = std::move(done)]() mutable -> Work {
      return [done = std::move(done), result = call()]() mutable { done(std::move(result)); };
    });
  }

 private:
  using Call = std::function<Work()>;  ///< runs on a thread; what it returns, on the loop

  bool enqueue(Call call);
  void serve();

  Scheduler& loop_;
  std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Call> waiting_;  ///< under mutex_
  std::size_t at_work_ = 0;   ///< threads; under mutex_
  bool ending_ = false;       ///< under mutex_
  std::vector<std::thread> threads_;
};

}  // namespace reactor
