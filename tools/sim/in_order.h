// Independent pieces of work on several threads; their results in the order of the pieces.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sim_tool {

/// `work(i)` runs once for each i below `count`, at most `at_once` at a time, on threads of its
/// own; `meanwhile` every 200 ms on this one. All is over when it returns.
template <class Result>
std::vector<Result> in_order(std::size_t count, int at_once,
                             const std::function<Result(std::size_t)>& work,
                             const std::function<void()>& meanwhile) {
  constexpr std::chrono::milliseconds kBetween{200};
  std::vector<Result> results(count);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::condition_variable changed;
  int working = at_once;
  const auto worker = [&] {
    for (std::size_t i = next++; i < count; i = next++)
      results[i] = work(i);
    const std::lock_guard lock{mutex};
    --working;
    changed.notify_one();
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < at_once; ++i)
    threads.emplace_back(worker);
  std::unique_lock lock{mutex};
  while (!changed.wait_for(lock, kBetween, [&] { return working == 0; }))
    meanwhile();
  return results;
}

}  // namespace sim_tool
