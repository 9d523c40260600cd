#include "workload/region.h"

#include <algorithm>
#include <numeric>

#include "workload/page.h"

namespace workload {
namespace {

constexpr std::size_t kWordsInPage = 512;

}  // namespace

Region::Region(std::span<std::uint64_t> words)
    : words_(words), counts_(words.size() / kWordsInPage) {}

void Region::write_next(std::uint32_t working_set) {
  working_set = std::clamp(working_set, std::uint32_t{1}, pages());
  if (next_write_ >= working_set) next_write_ = 0;
  write_page(page(next_write_), next_write_, ++counts_[next_write_]);
  ++written_;
  touched_ = std::max(touched_, ++next_write_);
}

void Region::verify_some(std::uint32_t most) {
  for (std::uint32_t i = 0; i < std::min(most, touched_); ++i) {
    if (next_verify_ >= touched_) next_verify_ = 0;
    verify(next_verify_++);
  }
}

void Region::verify_all() {
  for (std::uint32_t number = 0; number < touched_; ++number)
    verify(number);
  const auto sum = std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
  if (sum == written_) return;
  ++bad_;
  written_ = sum;
}

std::uint64_t* Region::page(std::uint32_t number) {
  return &words_[number * kWordsInPage];
}

void Region::verify(std::uint32_t number) {
  ++verified_;
  if (page_is_good(page(number), number, counts_[number])) return;
  ++bad_;
  write_page(page(number), number, counts_[number]);
}

}  // namespace workload
