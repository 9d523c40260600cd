#include "tools/sim/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace sim_tool {

namespace {

constexpr std::int64_t kWidth = 40;
constexpr std::chrono::milliseconds kShort{1'000};

}  // namespace

Progress::Progress() : on_terminal_(::isatty(STDERR_FILENO) == 1), began_(Clock::now()) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::show(std::int64_t done, std::int64_t all) {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
  if (!on_terminal_ || all <= 0 || passed < kShort) return;
  shown_ = true;
  const std::int64_t full = std::min(done * kWidth / all, kWidth);
  const std::int64_t left_s = done > 0 ? passed.count() * (all - done) / done / 1'000 : 0;
  fmt::print(stderr, "\r[{:#<{}}{:<{}}] {} %, {} s left\x1b[K", "", full, "", kWidth - full,
             done * 100 / all, left_s);
  std::fflush(stderr);
}

}  // namespace sim_tool
