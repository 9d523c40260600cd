// The ledger: what each meter's readings add up to, and what the energy was spent on.
//
// Pure, integers only, fed with readings from whatever meter there is. Between two readings the
// power is taken to go straight from one to the other (trapezoid). Two readings further apart than
// `longest_gap` say nothing of the time between them: it is not covered, and no energy is made up
// for it. Every millijoule of the integral is booked to one cause, so the causes' sum is the
// integral. Source: paper §II-A, §III-B.2; DESIGN.md §2 "ledger".
#pragma once

#include <span>
#include <string>

#include "actors/ports/fields.h"
#include "actors/ports/ids.h"
#include "actors/ports/units.h"

namespace actors {

using reactor::Duration;

enum class Cause {
  vms,         ///< running VMs: what a host draws above its idle power, by their CPU
  idle,        ///< awake hosts: their idle power, and what they use themselves
  sleep,       ///< hosts in S3 or off
  transition,  ///< hosts on the way down or up
  migration,   ///< what migrations draw at both ends
  network      ///< switches
};
constexpr auto names(Cause) {
  using namespace std::string_view_literals;
  return std::array{"vms"sv, "idle"sv, "sleep"sv, "transition"sv, "migration"sv, "network"sv};
}
inline constexpr std::size_t kCauses = names(Cause{}).size();

/// Millijoules and the time they were measured in. A pool of 1 MW fits for 100 000 years.
struct Energy {
  std::array<std::int64_t, kCauses> mj{};  ///< by Cause
  Duration covered{};                      ///< between readings near enough to each other
  Duration open{};                         ///< since the account was opened; covered or not

  std::int64_t of(Cause cause) const { return mj[static_cast<std::size_t>(cause)]; }
  std::int64_t total_mj() const;
  std::int64_t coverage_pct() const;  ///< 0..100, rounded down; 0 if it was never open
  Energy& operator+=(const Energy& other);
};

/// CPU of one VM between two readings.
struct VmShare {
  VmId vm;
  Mcores cpu;
};

/// What a target was doing between the reading before and this one.
struct Doing {
  Cause state = Cause::idle;       ///< idle: a host awake, its energy is split; else all goes there
  std::int64_t idle_mw = 0;        ///< what it draws awake with nothing to do
  std::int64_t migration_mw = 0;   ///< what of its power is its migrations'
  Mcores own{};                    ///< CPU used by the host itself
  std::span<const VmShare> vms{};  ///< on it; need not be sorted
};

/// The account of one target: a host or a switch.
class Account {
 public:
  Account() = default;
  /// `longest_gap`: 1 ms to 10 min.
  Account(reactor::Instant opened, Duration longest_gap);

  /// False, and nothing is booked: not after the one before, negative, or above 1 MW.
  bool book(reactor::Instant t, std::int64_t milliwatts, const Doing& doing);

  Energy energy(reactor::Instant now) const;
  struct VmEnergy {
    VmId vm;
    std::int64_t mj = 0;
    template <class Archive, class Self>
    static void fields(Archive& archive, Self& self) {
      archive("vm", self.vm)("mj", self.mj);
    }
  };
  /// What was booked to each VM here, ascending by VM; together energy().of(Cause::vms).
  const std::vector<VmEnergy>& vms() const { return vms_; }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("opened", self.opened_)("longest_gap_ms", self.longest_gap_)("read", self.read_);
    archive("t", self.t_)("milliwatts", self.milliwatts_)("rest", self.rest_);
    archive("covered_ms", self.covered_)("mj", self.mj_)("vms", self.vms_);
  }

 private:
  std::int64_t integrate(Duration time, std::int64_t milliwatts);
  void split(std::int64_t mj, Duration time, const Doing& doing);
  void share_out(std::int64_t mj, const Doing& doing);
  void add(Cause cause, std::int64_t mj) { mj_[static_cast<std::size_t>(cause)] += mj; }
  void add(const VmId& vm, std::int64_t mj);

  reactor::Instant opened_{};
  Duration longest_gap_{};
  bool read_ = false;  ///< there was a reading: t_, milliwatts_
  reactor::Instant t_{};
  std::int64_t milliwatts_ = 0;
  std::int64_t rest_ = 0;  ///< of the integral, less than a millijoule: in half microjoules
  Duration covered_{};
  std::vector<std::int64_t> mj_ = std::vector<std::int64_t>(kCauses);
  std::vector<VmEnergy> vms_;
};

}  // namespace actors
