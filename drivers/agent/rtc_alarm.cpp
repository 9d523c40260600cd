#include "drivers/agent/rtc_alarm.h"

namespace drivers::agent {

namespace {

constexpr const char* kWayOut = " (mend it, or set power.dead_man: 0s)";

}  // namespace

Failure RtcAlarm::set(reactor::Duration after) {
  const auto now = read_number(folder_ + "/since_epoch");
  if (!now) return "no clock that could wake this host: " + folder_ + " is missing" + kWayOut;
  const auto at = *now + std::chrono::duration_cast<std::chrono::seconds>(after).count();
  const auto before = read_number(folder_ + "/wakealarm");
  if (!ours_ && before && *before > *now && *before <= at) return std::nullopt;
  ours_ = true;
  auto failure = write(at);
  if (failure) *failure += kWayOut;
  return failure;
}

Failure RtcAlarm::write(std::int64_t at_s) {
  const std::string path = folder_ + "/wakealarm", seconds = std::to_string(at_s);
  if (auto failure = write_file(path, "0")) return failure;
  if (auto failure = write_file(path, seconds)) return failure;
  const auto taken = read_number(path);
  if (taken == at_s) return std::nullopt;
  return path + " has " + (taken ? std::to_string(*taken) : "nothing") + " after " + seconds +
         " was written into it";
}

void RtcAlarm::clear() {
  if (ours_) (void)write_file(folder_ + "/wakealarm", "0");
  ours_ = false;
}

Failure RtcAlarm::test(reactor::Duration after) {
  auto failure = set(after);
  clear();
  return failure;
}

}  // namespace drivers::agent
