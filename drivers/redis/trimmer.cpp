#include "drivers/redis/trimmer.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace drivers::redis {

namespace {

using reactor::Duration;
using reactor::Result;

constexpr Duration kLeast{60'000};  ///< windows are read from it

// By Redis's own clock, as the ids are. KEYS: streams. ARGV: what to keep, in ms.
constexpr const char* kTrim = R"(
local time = redis.call('TIME')
local from = string.format('%.0f', math.max(0, time[1] * 1000 - ARGV[1]))
for i = 1, #KEYS do redis.call('XTRIM', KEYS[i], 'MINID', '~', from) end)";

}  // namespace

Trimmer::Trimmer(reactor::Loop& loop, Connection& connection, const Keys& keys,
                 TrimSettings settings)
    : connection_(connection),
      stats_key_(keys.stats()),
      keys_{keys.stats(), keys.replies(), keys.power()},
      settings_(settings),
      keeps_(settings.keep),
      trims_(loop, [this] { trim(); }),
      measures_(loop, [this] { measure(); }) {}

void Trimmer::start() {
  trims_.start(settings_.trim_every, settings_.trim_every);
  measures_.start(settings_.measure_every, settings_.measure_every);
}

void Trimmer::stop() {
  trims_.stop();
  measures_.stop();
}

void Trimmer::trim() {
  std::vector<std::string> words{"EVAL", kTrim, std::to_string(keys_.size())};
  words.insert(words.end(), keys_.begin(), keys_.end());
  words.push_back(std::to_string(keeps_.count()));
  connection_.command(words, [](const Result<Value>& reply) {
    const bool refused = !reply.ok() && reply.error().code == reactor::Errc::refused;
    if (refused) spdlog::warn("old statistics not removed: {}", reply.error().detail);
  });
}

void Trimmer::measure() {
  connection_.command({"MEMORY", "USAGE", stats_key_}, [this](const Result<Value>& reply) {
    if (reply.ok()) measured(reply.value().integer);
  });
}

void Trimmer::measured(std::int64_t bytes) {
  const Duration before = keeps_;
  if (bytes > settings_.keep_bytes) keeps_ = std::max(std::min(kLeast, settings_.keep), keeps_ / 2);
  if (bytes < settings_.keep_bytes / 4) keeps_ = std::min(settings_.keep, keeps_ * 2);
  if (keeps_ == settings_.keep) said_ = false;
  if (keeps_ < before) {
    trim();
    if (said_) return;
    said_ = true;
    spdlog::warn("statistics of {} s take {} MiB, over redis.keep_bytes: keeping less of them",
                 before.count() / 1'000, bytes / 1'048'576);
  }
}

}  // namespace drivers::redis
