// The orders a guest takes, one a line:
//   load PERCENT DIRTY_MIB_S [WSS_MIB] | stat | verify | ping WORD | off
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace workload {

/// What the guest shall look like from outside. Hundredths, as the paper's idle VMs run at 0.05 %
/// (paper §IV-B).
struct Load {
  std::int64_t cpu_hundredths = 0;    ///< of a percent of one vCPU, 0 to 10000
  std::int64_t dirty_hundredths = 0;  ///< of a MiB/s, 0 to 400000; needs a load above 0
  std::int64_t wss_mib = 32;          ///< working set the writes go round in, 1 to 65536
};

struct SetLoad {
  std::int64_t cpu_hundredths;
  std::int64_t dirty_hundredths;
  std::optional<std::int64_t> wss_mib;  ///< none: as before
};
struct Stat {};
struct Verify {};
struct Ping {
  std::string word;
};
struct Off {};
struct Malformed {
  std::string why;
};
using Order = std::variant<SetLoad, Stat, Verify, Ping, Off, Malformed>;

/// Never fails: what can't be understood is Malformed.
Order parse_order(std::string_view line);

/// "0.05" is 5, "80" is 8000. None for signs, exponents, a third decimal, more than 9 digits.
std::optional<std::int64_t> parse_hundredths(std::string_view text);

/// 5 is "0.05", 8000 is "80".
std::string show_hundredths(std::int64_t hundredths);

}  // namespace workload
