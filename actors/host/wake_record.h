// How a host's wakes went: the proof that it wakes, and how surely and fast, by each of its ways.
//
// A wake is one from its first request to the agent's hello, or to being given up. Kept in Redis
// beyond a controller's life (actors/ports/stream.h). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/host/waking.h"

namespace actors {

/// The last times that something took; at most 32.
class RecentTimes {
 public:
  void add(Duration took);
  /// The time that `pct` of 100 did not exceed (nearest rank); none: there is no time yet.
  std::optional<Duration> percentile(std::int64_t pct) const;

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("took_ms", self.took_);
  }

 private:
  std::vector<Duration> took_;  ///< newest last
};

struct WayRecord {
  std::string name;
  std::int64_t tried = 0, woke = 0;  ///< wakes in which it had a turn; in which the hello came then
  RecentTimes took;                  ///< from the beginning of its turn to the hello
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("name", self.name)("tried", self.tried)("woke", self.woke)("took", self.took);
  }
};

class WakeRecord {
 public:
  void slept() { ++sleeps_; }
  /// `way`: a place in its wake_ways; those before it had their turns in vain. `resumed`: in the
  /// boot in which it went to sleep; else it proves nothing.
  void woke(reactor::Instant now, const HostPlan& plan, std::int64_t way, Duration took,
            Duration by_way, bool resumed);
  /// Given up; the ways up to `way` had their turns.
  void failed(const HostPlan& plan, std::int64_t way);

  bool proven(reactor::Instant now, const PowerSettings& settings) const;
  const std::optional<reactor::Instant>& woke_at() const { return woke_at_; }
  std::int64_t tried() const { return tried_; }
  std::int64_t woken() const { return woke_; }
  std::int64_t sleeps() const { return sleeps_; }
  /// Of the last 32 wakes; none: there was none.
  std::optional<std::int64_t> reliability_pct() const;
  std::optional<Duration> percentile(std::int64_t pct) const { return took_.percentile(pct); }
  const std::vector<WayRecord>& ways() const { return ways_; }
  /// For choosing whom to wake: lower is better. Coarse, so that chance in the times changes
  /// nothing: unreliable hosts last, then by p95 below 15 s, 30 s, 1 min, 2 min, above. One without
  /// a wake is as good as the best.
  std::int64_t grade() const;
  /// As it is kept, with instants on a clock that is `ahead` of ours (one that counts from 1970).
  std::string kept(Duration ahead) const;
  /// What kept() made; none: it does not parse.
  static std::optional<WakeRecord> read(std::string_view text, Duration ahead);

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("woke_at", self.woke_at_)("tried", self.tried_)("woke", self.woke_);
    archive("sleeps", self.sleeps_)("last", self.last_)("took", self.took_)("ways", self.ways_);
  }

 private:
  void count(bool good);
  void had_turns(const HostPlan& plan, std::int64_t way);
  WayRecord& of(const HostPlan& plan, std::int64_t way);

  std::optional<reactor::Instant> woke_at_;
  std::int64_t tried_ = 0, woke_ = 0, sleeps_ = 0;
  std::string last_;  ///< of the last 32 wakes, newest last: + came, - given up
  RecentTimes took_;
  std::vector<WayRecord> ways_;
};

}  // namespace actors
