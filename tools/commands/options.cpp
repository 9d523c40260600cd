#include "tools/commands/options.h"

#include <cstdint>
#include <cstdio>
#include <map>

namespace commands {

int fail(const char* command, const std::string& why, int code) {
  std::fprintf(stderr, "nemuri %s: %s\n", command, why.c_str());
  return code;
}

CLI::AsNumberWithUnit time_with_unit() {
  const std::map<std::string, std::int64_t> units{
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};
  return CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED);
}

}  // namespace commands
