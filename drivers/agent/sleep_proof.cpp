#include "drivers/agent/sleep_proof.h"

#include <utility>

#include "drivers/agent/clock.h"

namespace drivers::agent {

Clocks real_clocks() {
  return {boottime, steady_time};
}

SleepProof::SleepProof(std::string sys, Clocks clocks)
    : stats_(std::move(sys) + "/power/suspend_stats"),
      clocks_(std::move(clocks)),
      before_(apart()),
      successes_(read_number(stats_ + "/success")) {}

reactor::Duration SleepProof::slept() const {
  return apart() - before_;
}

Failure SleepProof::verdict() const {
  const auto successes = read_number(stats_ + "/success");
  const bool counted = !successes_ || successes > successes_;
  if (counted && slept() > kShortest) return std::nullopt;
  if (counted && successes_)
    return "the host slept for " + std::to_string(slept().count()) +
           " ms only: something woke it at once (look into /sys/kernel/debug/wakeup_sources)";
  return "accepted, but the host did not sleep: " + last_fault();
}

std::string SleepProof::last_fault() const {
  std::string text = "clocks apart by " + std::to_string(slept().count()) + " ms";
  for (const char* name : {"success", "fail", "last_failed_dev", "last_failed_step"}) {
    const auto read = read_file(stats_ + "/" + name);
    std::string_view rest{read ? std::string_view{*read} : std::string_view{}};
    if (const auto word = next_word(rest); !word.empty())
      text += std::string{", "} + name + " " + std::string{word};
  }
  return text;
}

}  // namespace drivers::agent
