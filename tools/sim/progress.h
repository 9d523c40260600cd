// A bar on stderr while long work is done, where a terminal shows it.
#pragma once

#include <chrono>
#include <cstdint>

namespace sim_tool {

class Progress {
 public:
  Progress();
  ~Progress();  ///< wipes it out
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::int64_t done, std::int64_t all);

 private:
  using Clock = std::chrono::steady_clock;

  bool on_terminal_ = false, shown_ = false;
  Clock::time_point began_;
};

}  // namespace sim_tool
