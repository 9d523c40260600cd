#include "workload/page.h"

#include "workload/random.h"

namespace workload {
namespace {

constexpr int kWords = 512;
constexpr int kWordsInLine = 8;
constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15U;

std::uint64_t first_word(std::uint32_t number, std::uint32_t count) {
  return mix((std::uint64_t{number} << 32) | count);
}

}  // namespace

void write_page(std::uint64_t* page, std::uint32_t number, std::uint32_t count) {
  std::uint64_t word = first_word(number, count);
  const std::uint64_t step = count == 0 ? 0 : kStep;
  if (count == 0) word = 0;
  for (int i = 0; i < kWords; i += kWordsInLine, word += step)
    page[i] = word;
}

bool page_is_good(const std::uint64_t* page, std::uint32_t number, std::uint32_t count) {
  std::uint64_t word = count == 0 ? 0 : first_word(number, count);
  const std::uint64_t step = count == 0 ? 0 : kStep;
  for (int i = 0; i < kWords; i += kWordsInLine, word += step) {
    if (page[i] != word) return false;
  }
  return true;
}

}  // namespace workload
