#include "workload/order.h"

#include <algorithm>
#include <vector>

namespace workload {
namespace {

constexpr std::int64_t kMostCpu = 10'000;
constexpr std::int64_t kMostDirty = 400'000;
constexpr std::int64_t kMostWssMib = 65536;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<std::int64_t> parse_digits(std::string_view text) {
  if (text.empty() || text.size() > 9 || !std::ranges::all_of(text, is_digit)) return {};
  std::int64_t value = 0;
  for (char c : text)
    value = value * 10 + (c - '0');
  return value;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const auto start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) return words;
    const auto end = std::min(line.find_first_of(" \t", start), line.size());
    words.push_back(line.substr(start, end - start));
    line.remove_prefix(end);
  }
}

Order parse_load(const std::vector<std::string_view>& words) {
  if (words.size() < 3 || words.size() > 4) return Malformed{"load PERCENT DIRTY_MIB_S [WSS_MIB]"};
  const auto cpu = parse_hundredths(words[1]);
  if (!cpu || *cpu > kMostCpu) return Malformed{"PERCENT is 0 to 100"};
  const auto dirty = parse_hundredths(words[2]);
  if (!dirty || *dirty > kMostDirty) return Malformed{"DIRTY_MIB_S is 0 to 4000"};
  if (*cpu == 0 && *dirty > 0) return Malformed{"only tasks dirty memory: PERCENT must be above 0"};
  if (words.size() == 3) return SetLoad{*cpu, *dirty, {}};
  const auto wss = parse_digits(words[3]);
  if (!wss || *wss < 1 || *wss > kMostWssMib) return Malformed{"WSS_MIB is 1 to 65536"};
  return SetLoad{*cpu, *dirty, wss};
}

}  // namespace

std::optional<std::int64_t> parse_hundredths(std::string_view text) {
  const auto dot = text.find('.');
  const auto whole = parse_digits(text.substr(0, dot));
  if (!whole || dot == std::string_view::npos) return whole ? std::optional(*whole * 100) : whole;
  const auto decimals = text.substr(dot + 1);
  const auto part = parse_digits(decimals);
  if (!part || decimals.size() > 2) return {};
  return *whole * 100 + (decimals.size() == 1 ? *part * 10 : *part);
}

std::string show_hundredths(std::int64_t hundredths) {
  std::string text = std::to_string(hundredths / 100);
  const std::int64_t part = hundredths % 100;
  if (part == 0) return text;
  text += part < 10 ? ".0" : ".";
  text += std::to_string(part);
  return text;
}

Order parse_order(std::string_view line) {
  const auto words = words_of(line);
  if (words.empty()) return Malformed{"empty line"};
  if (words[0] == "load") return parse_load(words);
  if (words[0] == "ping" && words.size() == 2) return Ping{std::string(words[1])};
  if (words.size() > 1) return Malformed{"unknown order, or too many words"};
  if (words[0] == "stat") return Stat{};
  if (words[0] == "verify") return Verify{};
  if (words[0] == "off") return Off{};
  return Malformed{"unknown order: load, stat, verify, ping, off"};
}

}  // namespace workload
