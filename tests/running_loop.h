// A loop that runs until something is so, or a time limit is over; and a folder that goes away.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "reactor/loop.h"

class RunningLoop {
 public:
  RunningLoop() {
    timer_.data = this;
    uv_timer_init(loop.uv(), &timer_);
    loop.on_turn_end([this] { look(); });
  }
  ~RunningLoop() {
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
    uv_run(loop.uv(), UV_RUN_NOWAIT);
  }
  RunningLoop(const RunningLoop&) = delete;
  RunningLoop& operator=(const RunningLoop&) = delete;

  /// Was it so in time? Looked at each turn, and every 2 ms.
  bool until(std::function<bool()> condition, reactor::Duration limit = reactor::Duration{10'000}) {
    condition_ = std::move(condition);
    met_ = false;
    uv_update_time(loop.uv());
    deadline_ = loop.now() + limit;
    uv_timer_start(
        &timer_, [](uv_timer_t*) {}, 2, 2);
    loop.run();
    uv_timer_stop(&timer_);
    condition_ = nullptr;
    return met_;
  }

  void run_for(reactor::Duration time) {
    static_cast<void>(until([] { return false; }, time));
  }

  reactor::Loop loop;

 private:
  void look() {
    met_ = condition_ && condition_();
    if (met_ || loop.now() >= deadline_) loop.stop();
  }

  uv_timer_t timer_{};
  std::function<bool()> condition_;
  reactor::Instant deadline_;
  bool met_ = false;
};

class TempFolder {
 public:
  TempFolder() {
    std::string name = std::filesystem::temp_directory_path() / "nemuri-test-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::filesystem::path path;
};
