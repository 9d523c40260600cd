#include "actors/ports/ids.h"

#include <array>

namespace actors {

namespace {

constexpr std::size_t kUuidLength = 36;
constexpr std::string_view kDigits = "0123456789abcdef";

constexpr bool is_hyphen(std::size_t place) {
  return place == 8 || place == 13 || place == 18 || place == 23;
}

// What each character stands for; 16: for nothing.
constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(kDigits.size());
  for (std::size_t value = 0; value < kDigits.size(); ++value)
    out[static_cast<unsigned char>(kDigits[value])] = static_cast<std::uint8_t>(value);
  return out;
}();

}  // namespace

std::optional<VmId> VmId::parse(std::string_view text) {
  if (text.size() != kUuidLength) return std::nullopt;
  VmId out;
  for (std::size_t place = 0; place < kUuidLength; ++place) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(text[place])];
    if (is_hyphen(place) ? text[place] != '-' : value >= kDigits.size()) return std::nullopt;
    std::uint64_t& half = place < kUuidLength / 2 ? out.high_ : out.low_;
    if (!is_hyphen(place)) half = half << 4U | value;
  }
  return out;
}

std::string VmId::text() const {
  std::string out(kUuidLength, '-');
  VmId rest = *this;
  for (std::size_t place = kUuidLength; place-- > 0;) {
    if (is_hyphen(place)) continue;
    std::uint64_t& half = place < kUuidLength / 2 ? rest.high_ : rest.low_;
    out[place] = kDigits[half & 0xfU];
    half >>= 4U;
  }
  return out;
}

}  // namespace actors
