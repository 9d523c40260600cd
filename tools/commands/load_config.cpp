#include "tools/commands/load_config.h"

#include <cstdio>

namespace commands {

using drivers::config::Loaded;

std::optional<Loaded> load_config(const std::string& path) {
  auto read = drivers::config::load(path);
  if (auto* loaded = std::get_if<Loaded>(&read)) return std::move(*loaded);
  for (const auto& fault : std::get<drivers::config::Faults>(read))
    std::fprintf(stderr, "%s\n", drivers::config::to_text(fault, path).c_str());
  return std::nullopt;
}

}  // namespace commands
