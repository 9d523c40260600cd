#include "drivers/sim/scenario/decimals.h"

#include <charconv>

namespace drivers::sim {

namespace {

struct Kind {
  std::string_view unit;
  std::size_t places;  ///< after the point
  std::int64_t scale;  ///< of one `unit`
  std::int64_t most;   ///< whole ones
};
constexpr Kind kPercent{"%", 4, 10'000, 100'000};
constexpr Kind kWatts{"W", 3, 1'000, 1'000'000};

bool read_digits(std::string_view text, std::int64_t& value) {
  if (text.empty() || text.front() == '-') return false;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && stop == text.data() + text.size();
}

std::optional<std::int64_t> parse(std::string_view text, const Kind& kind) {
  if (!text.ends_with(kind.unit)) return std::nullopt;
  text.remove_suffix(kind.unit.size());
  const std::size_t point = std::min(text.find('.'), text.size());
  std::int64_t whole = 0, parts = 0;
  if (!read_digits(text.substr(0, point), whole) || whole > kind.most) return std::nullopt;
  if (point == text.size()) return whole * kind.scale;
  std::string places{text.substr(point + 1)};
  if (places.size() > kind.places || !read_digits(places, parts)) return std::nullopt;
  for (std::size_t i = places.size(); i < kind.places; ++i)
    parts *= 10;
  return whole * kind.scale + parts;
}

}  // namespace

std::optional<Ucores> parse_percent(std::string_view text) {
  return parse(text, kPercent);
}

std::optional<std::int64_t> parse_watts(std::string_view text) {
  return parse(text, kWatts);
}

std::optional<std::string> bad_percent(const std::string& text) {
  if (parse_percent(text)) return std::nullopt;
  return "'" + text + "' is no share of a core; expected 40% or 0.05%, up to 100000%";
}

std::optional<std::string> bad_watts(const std::string& text) {
  if (parse_watts(text)) return std::nullopt;
  return "'" + text + "' is no power; expected 53W or 89.4W, up to 1000000W";
}

}  // namespace drivers::sim
