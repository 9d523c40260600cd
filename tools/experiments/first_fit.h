// First Fit: each thing goes to the first place that has room for it. Pure.
//
// Its use: the least that a data centre needs at a moment, were all moves instant (paper §IV-C,
// "ideal").
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace experiments {

struct Room {
  std::int64_t cpu = 0, memory = 0;
};

class FirstFit {
 public:
  /// What each place has, in order. At least one.
  explicit FirstFit(const std::vector<Room>& places);

  /// The first place with at least this room, which then has less of it. None: nowhere.
  std::optional<std::size_t> put(const Room& need);

 private:
  std::optional<std::size_t> find(std::size_t node, const Room& need) const;
  void update(std::size_t node);

  std::size_t leaves_ = 1;  ///< a power of two
  std::vector<Room> most_;  ///< node n: the most of each under it; its children: 2n, 2n + 1
};

}  // namespace experiments
