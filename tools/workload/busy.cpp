#include "workload/busy.h"

#include <algorithm>

namespace workload {
namespace {

constexpr std::int64_t kFarLonger = 4;
constexpr std::int64_t kSlowly = 16;

}  // namespace

std::int64_t StallFilter::credit(std::int64_t took_ns) {
  if (typical_ns_ == 0) typical_ns_ = std::max(took_ns, std::int64_t{1});
  const std::int64_t work = took_ns > kFarLonger * typical_ns_ ? typical_ns_ : took_ns;
  // An interrupted piece counts as typical, yet pulls the average up a little: if all pieces became
  // slower for good (memory under dirty logging), they are found typical soon.
  const std::int64_t seen = std::min(took_ns, kFarLonger * typical_ns_);
  typical_ns_ = std::max(typical_ns_ + (seen - typical_ns_) / kSlowly, std::int64_t{1});
  return work;
}

void spin(int rounds) {
  volatile std::uint64_t x = 1;
  for (int i = 0; i < rounds; ++i)
    x = x * 6364136223846793005U + 1;
}

}  // namespace workload
