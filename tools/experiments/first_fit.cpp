#include "tools/experiments/first_fit.h"

#include <algorithm>

namespace experiments {

namespace {

constexpr std::int64_t kNone = -1;

bool fits(const Room& need, const Room& in) {
  return need.cpu <= in.cpu && need.memory <= in.memory;
}

}  // namespace

FirstFit::FirstFit(const std::vector<Room>& places) {
  while (leaves_ < places.size())
    leaves_ *= 2;
  most_.assign(2 * leaves_, {kNone, kNone});
  std::ranges::copy(places, most_.begin() + static_cast<std::ptrdiff_t>(leaves_));
  for (std::size_t node = leaves_ - 1; node > 0; --node)
    update(node);
}

void FirstFit::update(std::size_t node) {
  const Room &left = most_[2 * node], &right = most_[2 * node + 1];
  most_[node] = {std::max(left.cpu, right.cpu), std::max(left.memory, right.memory)};
}

std::optional<std::size_t> FirstFit::put(const Room& need) {
  const auto leaf = find(1, need);
  if (!leaf) return std::nullopt;
  most_[*leaf].cpu -= need.cpu;
  most_[*leaf].memory -= need.memory;
  for (std::size_t node = *leaf / 2; node > 0; node /= 2)
    update(node);
  return *leaf - leaves_;
}

// A node may promise both of two rooms that no single place under it has: then the next one.
std::optional<std::size_t> FirstFit::find(std::size_t node, const Room& need) const {
  if (!fits(need, most_[node])) return std::nullopt;
  if (node >= leaves_) return node;
  const auto left = find(2 * node, need);
  return left ? left : find(2 * node + 1, need);
}

}  // namespace experiments
