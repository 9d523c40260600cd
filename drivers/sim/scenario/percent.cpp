#include "drivers/sim/scenario/percent.h"

#include <charconv>

namespace drivers::sim {

namespace {

constexpr Ucores kUcoresPerPercent = 10'000;
constexpr std::int64_t kMostPercent = 100'000;
constexpr std::size_t kMostPlaces = 4;

bool read_digits(std::string_view text, std::int64_t& value) {
  if (text.empty() || text.front() == '-') return false;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && stop == text.data() + text.size();
}

}  // namespace

std::optional<Ucores> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  std::int64_t whole = 0, parts = 0;
  if (!read_digits(text.substr(0, point), whole) || whole > kMostPercent) return std::nullopt;
  if (point == text.size()) return whole * kUcoresPerPercent;
  std::string places{text.substr(point + 1)};
  if (places.size() > kMostPlaces || !read_digits(places, parts)) return std::nullopt;
  for (std::size_t i = places.size(); i < kMostPlaces; ++i)
    parts *= 10;
  return whole * kUcoresPerPercent + parts;
}

std::optional<std::string> bad_percent(const std::string& text) {
  if (parse_percent(text)) return std::nullopt;
  return "'" + text + "' is no share of a core; expected 40% or 0.05%, up to 100000%";
}

}  // namespace drivers::sim
