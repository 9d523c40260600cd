#include "drivers/config/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <system_error>

namespace drivers::config {

namespace {

using namespace std::string_view_literals;

struct Unit {
  std::string_view suffix;
  std::int64_t factor;
};

// From the largest to the smallest: show_quantity() takes the first that fits.
constexpr Unit kMilliseconds[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr Unit kSeconds[] = {{"h", 3'600}, {"m", 60}, {"s", 1}};
constexpr Unit kPercent[] = {{"%", 1}};
constexpr Unit kBytes[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}};
constexpr Unit kKibibytes[] = {{"TiB", 1 << 30}, {"GiB", 1 << 20}, {"MiB", 1 << 10}, {"KiB", 1}};
constexpr Unit kRate[] = {{"GiB/s", 1 << 10}, {"MiB/s", 1}};
constexpr Unit kCount[] = {{"", 1}};

constexpr std::string_view kUnlimited = "unlimited";  // what 0 means for a rate

struct Kind {
  std::span<const Unit> units;
  std::string_view expected;
};

// In the order of Measure.
constexpr std::array<Kind, 7> kKinds{{{kMilliseconds, "a time such as 500ms, 10s, 5m or 1h"},
                                      {kSeconds, "a time in whole seconds such as 2s or 1m"},
                                      {kPercent, "a share such as 90%"},
                                      {kBytes, "a size such as 512KiB, 4MiB or 1GiB"},
                                      {kKibibytes, "a size such as 512MiB or 4GiB"},
                                      {kRate, "a rate such as 100MiB/s, or 'unlimited'"},
                                      {kCount, "a whole number"}}};

std::span<const Unit> units(Measure measure) {
  return kKinds[static_cast<std::size_t>(measure)].units;
}

std::string quoted(std::string_view text) {
  return "'" + std::string{text.substr(0, 60)} + "'";
}

std::variant<std::int64_t, std::string> scaled(std::int64_t number, const Unit& unit) {
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(number, unit.factor, &product)) return product;
  return std::to_string(number) + std::string{unit.suffix} + " is too large a number";
}

std::string wrong_unit(std::string_view text, std::string_view suffix, Measure measure) {
  std::string out = quoted(text);
  if (suffix.empty()) {
    out += " has no unit";
  } else if (suffix.front() == '.' || suffix.front() == ',') {
    out += " is no whole number";
  } else {
    out += " ends in " + quoted(suffix) + ", which is no unit here";
  }
  return out + "; expected " + std::string{expected(measure)};
}

}  // namespace

std::variant<std::int64_t, std::string> parse_quantity(std::string_view text, Measure measure) {
  if (measure == Measure::mebibytes_per_second && text == kUnlimited) return std::int64_t{0};
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault == std::errc::result_out_of_range) return quoted(text) + " is too large a number";
  if (fault != std::errc{}) return quoted(text) + " is not " + std::string{expected(measure)};
  std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  suffix.remove_prefix(std::min(suffix.find_first_not_of(' '), suffix.size()));
  for (const Unit& unit : units(measure))
    if (suffix == unit.suffix) return scaled(number, unit);
  return wrong_unit(text, suffix, measure);
}

std::string show_quantity(std::int64_t number, Measure measure) {
  if (measure == Measure::mebibytes_per_second && number == 0) return std::string{kUnlimited};
  const std::span<const Unit> all = units(measure);
  if (number == 0 && measure == Measure::milliseconds) return "0s";
  for (const Unit& unit : all)
    if (number != 0 && number % unit.factor == 0)
      return std::to_string(number / unit.factor) + std::string{unit.suffix};
  return std::to_string(number) + std::string{all.back().suffix};
}

std::string_view expected(Measure measure) {
  return kKinds[static_cast<std::size_t>(measure)].expected;
}

}  // namespace drivers::config
