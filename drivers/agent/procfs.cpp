#include "drivers/agent/procfs.h"

#include <algorithm>
#include <array>

#include "drivers/agent/files.h"

namespace drivers::agent {

namespace {

using namespace std::string_view_literals;

constexpr std::int64_t kSectorBytes = 512;  // of diskstats, whatever the disk's own sectors are
constexpr std::array kCarried{"lo"sv,   "br"sv,     "virbr"sv, "vnet"sv, "tap"sv,  "macvtap"sv,
                              "veth"sv, "docker"sv, "bond"sv,  "team"sv, "ifb"sv,  "dummy"sv,
                              "tun"sv,  "wg"sv,     "vxlan"sv, "ovs"sv,  "vlan"sv, "lxc"sv};
constexpr auto kLetterDisks = std::array{"sd"sv, "vd"sv, "hd"sv, "xvd"sv};  // sda, and sda1 in it
constexpr auto kNumberDisks = std::array{"nvme"sv, "mmcblk"sv};  // nvme0n1, and nvme0n1p1 in it

std::vector<std::int64_t> numbers(std::string_view text) {
  std::vector<std::int64_t> all;
  for (auto word = next_word(text); !word.empty(); word = next_word(text))
    all.push_back(to_number(word).value_or(0));
  return all;
}

bool starts_with_any(std::string_view name, const auto& prefixes) {
  return std::ranges::any_of(prefixes, [&](auto prefix) { return name.starts_with(prefix); });
}

// A VLAN ("eth0.7") is carried by its own interface.
bool counts(std::string_view interface, const std::vector<std::string>& networks) {
  if (!networks.empty()) return std::ranges::find(networks, interface) != networks.end();
  return !starts_with_any(interface, kCarried) && interface.find('.') == interface.npos;
}

bool whole_disk(std::string_view name) {
  if (starts_with_any(name, kNumberDisks)) return name.rfind('p') == name.npos;
  return starts_with_any(name, kLetterDisks) &&
         name.find_first_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<std::int64_t> busy_time(std::string_view stat, std::int64_t ticks_per_second) {
  std::string_view line = next_line(stat);
  if (next_word(line) != "cpu") return std::nullopt;
  const auto ticks = numbers(line);  // user nice system idle iowait irq softirq steal ...
  if (ticks.size() < 7) return std::nullopt;
  const auto busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6];
  return busy * (1'000'000 / ticks_per_second);
}

std::optional<Memory> memory_use(std::string_view meminfo) {
  std::optional<std::int64_t> total, available;
  while (!meminfo.empty() && !(total && available)) {
    std::string_view line = next_line(meminfo);
    const std::string_view name = next_word(line);
    if (name == "MemTotal:") total = to_number(next_word(line));
    if (name == "MemAvailable:") available = to_number(next_word(line));
  }
  if (!total || !available) return std::nullopt;
  return Memory{{*total}, {std::max<std::int64_t>(*total - *available, 0)}};
}

Traffic network_traffic(std::string_view net_dev, const std::vector<std::string>& networks) {
  Traffic sum;
  while (!net_dev.empty()) {
    std::string_view line = next_line(net_dev);
    const auto colon = line.find(':');
    if (colon == line.npos) continue;  // the two lines of headings
    std::string_view name = line.substr(0, colon);
    const auto bytes = numbers(line.substr(colon + 1));
    if (bytes.size() < 9 || !counts(next_word(name), networks)) continue;
    sum.in += bytes[0];
    sum.out += bytes[8];
  }
  return sum;
}

Traffic disk_traffic(std::string_view diskstats) {
  Traffic sum;
  while (!diskstats.empty()) {
    std::string_view line = next_line(diskstats);
    next_word(line);  // major
    next_word(line);  // minor
    if (!whole_disk(next_word(line))) continue;
    const auto fields = numbers(line);  // reads, merged, sectors, ms, writes, merged, sectors, ...
    if (fields.size() < 7) continue;
    sum.in += fields[2] * kSectorBytes;
    sum.out += fields[6] * kSectorBytes;
  }
  return sum;
}

// The second field is a name in brackets with anything in it: what counts begins after the last
// one.
std::optional<ProcessCpu> process_cpu(std::string_view stat, std::int64_t ticks_per_second) {
  const auto bracket = stat.rfind(')');
  if (bracket == stat.npos) return std::nullopt;
  std::string_view rest = stat.substr(bracket + 1);
  if (const auto state = next_word(rest); state == "Z" || state == "X") return std::nullopt;
  const auto fields = numbers(rest);  // from field 4 of proc(5) on: 14 utime, 15 stime, 22 start
  if (fields.size() < 19) return std::nullopt;
  return ProcessCpu{fields[18], (fields[10] + fields[11]) * (1'000'000 / ticks_per_second)};
}

}  // namespace drivers::agent
