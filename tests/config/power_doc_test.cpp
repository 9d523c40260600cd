// The examples of docs/power.md are right.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "drivers/config/config.h"
#include "tests/config/example.h"

using namespace drivers::config;

namespace {

/// What stands between ```yaml and ```, each line indented by four.
std::vector<std::string> examples() {
  std::ifstream page{std::string{NEMURI_SOURCE_DIR} + "/docs/power.md"};
  std::vector<std::string> out;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = line == "```yaml";
      if (inside) out.emplace_back();
    } else if (inside) {
      out.back() += "    " + line + "\n";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("docs/power.md: each example, in a host: it loads") {
  const auto all = examples();
  CHECK(all.size() >= 7);
  for (const std::string& example : all) {
    CAPTURE(example);
    const auto result = read(kHosts + "  - name: documented\n    role: server\n" + example);
    if (const auto* faults = std::get_if<Faults>(&result))
      for (const Fault& fault : *faults)
        MESSAGE(to_text(fault, "docs/power.md"));
    REQUIRE(std::holds_alternative<Loaded>(result));
    CHECK_FALSE(
        std::get<Loaded>(result).drivers.wake.hosts.at(actors::HostId{"documented"}).wake.empty());
  }
}
