// Every folder of tests/scenarios with an expected journal: run, and held against it line by line.
// Those without one (long, or in need of a trace) have tests of their own beside this one.
//
// To write the expected journals anew: NEMURI_REWRITE=1 sim_tests; then read the diff before you
// commit it. A scenario whose outcome needs explaining has that in its README.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/sim/replays.h"
#include "tools/experiments/simulation.h"

namespace tests {
namespace {

namespace fs = std::filesystem;
using drivers::sim::Scenario;
using experiments::plain_text;
using experiments::Simulation;
using reactor::Instant;

std::vector<fs::path> scenario_folders() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(NEMURI_SOURCE_DIR "/tests/scenarios"))
    if (fs::exists(entry.path() / "journal.expected")) out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

Scenario scenario_of(const fs::path& folder) {
  const std::string file = folder / "scenario.yaml";
  auto loaded = drivers::sim::load_scenario(file);
  if (const auto* faults = std::get_if<drivers::config::Faults>(&loaded))
    for (const auto& fault : *faults)
      FAIL_CHECK(drivers::config::to_text(fault, file));
  REQUIRE(std::holds_alternative<Scenario>(loaded));
  return std::get<Scenario>(std::move(loaded));
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines)
    out += line + "\n";
  return out;
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in{file};
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

void compare_with_expected(const fs::path& folder, const std::vector<std::string>& lines) {
  const fs::path file = folder / "journal.expected";
  if (std::getenv("NEMURI_REWRITE") != nullptr) {
    std::ofstream{file} << joined(lines);
    return;
  }
  const std::vector<std::string> expected = lines_of(file);
  CHECK(lines.size() == expected.size());
  for (std::size_t i = 0; i < std::min(lines.size(), expected.size()); ++i) {
    INFO("journal.expected:" << i + 1);
    REQUIRE(lines[i] == expected[i]);
  }
}

// The same line again and again is no news but a fault of who says it. In a long run a VM may well
// move more often.
void check_no_chatter(const std::vector<std::string>& lines, drivers::sim::Duration length) {
  const auto limit = 10 * (1 + length / std::chrono::minutes{5});
  std::map<std::string, std::int64_t> times;
  for (const std::string& line : lines)
    if (++times[line.substr(line.find(' ', 4))] == limit)
      FAIL_CHECK("said " << limit << " times: " << line);
}

std::string bytes_of(const drivers::sim::SimStream& stream) {
  std::string out;
  for (const auto& [id, fields] : stream.journal()) {
    out += id.text;
    for (const auto& [name, value] : fields)
      out += "\n" + name + " " + value;
  }
  return out;
}

TEST_CASE("scenario: each: the expected journal, twice, and its replays agree") {
  for (const fs::path& folder : scenario_folders()) {
    SUBCASE(folder.filename().c_str()) {
      const Scenario scenario = scenario_of(folder);
      std::vector<std::string> lines;
      const auto collect = [&](const std::string& line) { lines.push_back(plain_text(line)); };
      Simulation run{scenario, {.tail = collect}};
      run.run_until(Instant{scenario.length});
      CHECK(joined(run.referee().broken()) == "");
      compare_with_expected(folder, lines);
      check_no_chatter(lines, scenario.length);
      replay_everything(run.models().stream());
      Simulation again{scenario};
      again.run_until(Instant{scenario.length});
      CHECK(bytes_of(again.models().stream()) == bytes_of(run.models().stream()));
    }
  }
}

}  // namespace
}  // namespace tests
