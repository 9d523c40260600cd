#include "drivers/redis/text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "actors/ports/units.h"

namespace drivers::redis {

using actors::kMostAmount;

namespace {

constexpr std::size_t kLongestWord = 253;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 20 && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// The length of the UTF-8 sequence that starts the text; 0 if none does (Unicode §3.9, table 3-7).
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (!follows(1) || !follows(2)) return 0;
  if (first == 0xE0) return second >= 0xA0 ? 3 : 0;
  if (first == 0xED) return second <= 0x9F ? 3 : 0;
  if (first >= 0xE1 && first <= 0xEF) return 3;
  if (!follows(3)) return 0;
  if (first == 0xF0) return second >= 0x90 ? 4 : 0;
  if (first == 0xF4) return second <= 0x8F ? 4 : 0;
  return first >= 0xF1 && first <= 0xF3 ? 4 : 0;
}

}  // namespace

std::optional<std::int64_t> parse_amount(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || !is_digit(text.front()) || value > kMostAmount)
    return {};
  return value;
}

bool is_word(std::string_view text) {
  const auto fine = [](char c) { return c > ' ' && c < 0x7f; };
  return !text.empty() && text.size() <= kLongestWord &&
         std::all_of(text.begin(), text.end(), fine);
}

bool is_stream_id(std::string_view text) {
  const std::size_t hyphen = text.find('-');
  return hyphen != std::string_view::npos && is_number(text.substr(0, hyphen)) &&
         is_number(text.substr(hyphen + 1));
}

bool is_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence(text);
    if (length == 0 || is_control(text.front())) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace drivers::redis
