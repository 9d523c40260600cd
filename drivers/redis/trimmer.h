// Keeps the streams that hosts write to within a time and `stats` within a size besides.
//
// Agents may write, not trim; so this is the controller's. Each 10 s what is older than `keep`
// goes; each minute the size is measured, and while it is over `keep_bytes` the time is halved (and
// doubled again up to `keep` once there is room). Whole nodes of the stream go, so a little more is
// kept.
#pragma once

#include <string>
#include <vector>

#include "drivers/redis/connection.h"
#include "drivers/redis/keys.h"
#include "reactor/timer.h"

namespace drivers::redis {

struct TrimSettings {
  reactor::Duration keep{3'600'000};
  std::int64_t keep_bytes = 256LL * 1024 * 1024;
  reactor::Duration trim_every{10'000}, measure_every{60'000};
};

class Trimmer {
 public:
  Trimmer(reactor::Loop& loop, Connection& connection, const Keys& keys, TrimSettings settings);

  void start();
  void stop();
  /// What is kept at present: `keep`, or less while that is too much.
  reactor::Duration keeps() const { return keeps_; }

 private:
  void trim();
  void measure();
  void measured(std::int64_t bytes);

  Connection& connection_;
  std::string stats_key_;
  std::vector<std::string> keys_;
  TrimSettings settings_;
  reactor::Duration keeps_;
  bool said_ = false;
  reactor::Timer trims_, measures_;
};

}  // namespace drivers::redis
