#include "drivers/libvirt/control_lane.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace drivers::libvirt {

using reactor::Errc;

ControlLane::ControlLane(Scope& scope, const LibvirtSettings& settings, OnHung on_hung)
    : scope_(scope),
      settings_(settings),
      on_hung_(std::move(on_hung)),
      pool_(scope, 2 * static_cast<std::size_t>(settings.control_calls), kMostWaiting) {}

std::uint64_t ControlLane::admit(Call call) {
  calls_.emplace(next_, std::move(call));
  return next_++;
}

// With no room it is answered by its deadline, at once, but from a later turn.
void ControlLane::enqueue(std::uint64_t id, std::function<bool()> start) {
  calls_.at(id).start = std::move(start);
  const bool room = waiting_.size() < kMostWaiting;
  if (room) waiting_.push_back(id);
  scope_.after(room ? settings_.call_limit : reactor::Duration::zero(),
               [this, id] { deadline(id); });
  start_waiting();
}

bool ControlLane::end(std::uint64_t id) {
  const auto found = calls_.find(id);
  const Call call = std::move(found->second);
  calls_.erase(found);
  --(call.answered ? hung_ : fresh_);
  if (--busy_[call.line.host] == 0) busy_.erase(call.line.host);
  if (call.answered) spdlog::warn("libvirt: {} has come back late", call.what);
  start_waiting();
  return !call.answered;
}

// First come, first served, but for hosts that have their share.
void ControlLane::start_waiting() {
  std::erase_if(waiting_, [this](std::uint64_t id) { return start(id); });
}

bool ControlLane::start(std::uint64_t id) {
  const auto lane = static_cast<std::size_t>(settings_.control_calls);
  if (fresh_ >= lane || fresh_ + hung_ >= 2 * lane) return false;
  Call& call = calls_.at(id);
  const auto busy = busy_.find(call.line.host);
  if (busy != busy_.end() && busy->second >= std::max<std::size_t>(lane / 2, 1)) return false;
  call.begun = call.start();
  if (!call.begun) return false;
  ++fresh_;
  ++busy_[call.line.host];
  return true;
}

void ControlLane::deadline(std::uint64_t id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  if (!found->second.begun) {
    std::erase(waiting_, id);
    Call call = std::move(found->second);
    calls_.erase(found);
    answer(call, Errc::unreachable, "not begun, as earlier calls to it have not ended");
    return;
  }
  --fresh_;
  ++hung_;
  answer(found->second, found->second.late, "no answer; it may still be carried out: look again");
  scope_.after((kHungLimits - 1) * settings_.call_limit, [this, id] { still_hung(id); });
  start_waiting();
}

void ControlLane::still_hung(std::uint64_t id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  spdlog::error("libvirt: {} hangs: its connection is cut", found->second.what);
  on_hung_(found->second.line.owner);
}

void ControlLane::answer(Call& call, Errc code, const std::string& detail) {
  call.answered = true;
  const auto fail = std::move(call.fail);
  fail({code, fmt::format("{} on {}, within {} ms: {}", call.what, call.line.host.text,
                          settings_.call_limit.count(), detail)});
}

}  // namespace drivers::libvirt
