// How often a VM goes out and back, and whether that is too often (`flapping` in conf.yaml).
//
// Pure. Ours; the paper has none of it.
#pragma once

#include <vector>

#include "actors/settings.h"

namespace actors {

class Flapping {
 public:
  /// Back from out.
  void came_back(reactor::Instant now, const FlappingSettings& settings);
  /// Out once more though it was too often. How many times that was so before, within `remember`:
  /// 0 to 16.
  std::int64_t went_out(reactor::Instant now, const FlappingSettings& settings);
  bool too_often(reactor::Instant now, const FlappingSettings& settings) const;

  /// Takes down whether it is too often now; true: it was not so when last asked.
  bool news(reactor::Instant now, const FlappingSettings& settings);
  /// What was taken down last.
  bool ping_pong() const { return ping_pong_; }
  /// Times that it went out though it was too often, as far as they are remembered.
  std::int64_t times() const { return std::ssize(flaps_); }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("trips", self.trips_)("flaps", self.flaps_)("ping_pong", self.ping_pong_);
  }

 private:
  std::vector<reactor::Instant> trips_;  ///< back from out, newest last, within `window`
  std::vector<reactor::Instant> flaps_;  ///< out though it was too often, within `remember`
  bool ping_pong_ = false;
};

}  // namespace actors
