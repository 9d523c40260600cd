#include "tools/commands/line_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "actors/ports/json.h"

namespace commands {

using actors::Json;

namespace {

std::string text(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string clock_text(const Json& line) {
  const auto found = line.find("wall_ms");
  if (found == line.end() || !found->is_number_integer()) return "            ";
  const auto ms = found->get<std::int64_t>();
  const std::time_t seconds = ms / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:%H:%M:%S}.{:03}", local, ms % 1000);
}

/// What deserves an eye: green what works out, yellow what is refused or broken.
const char* colour_of(const Json& line) {
  const std::string to = text(line, "to");
  for (const char* bad : {"faulty", "silent", "stranded", "lost", "blind", "stayed"})
    if (to == bad) return "\x1b[33m";
  for (const char* asleep : {"asleep", "suspending"})
    if (to == asleep) return "\x1b[34m";
  for (const char* moving : {"departing", "returning", "waking"})
    if (to == moving) return "\x1b[36m";
  return to == "complete" || to == "awake" ? "\x1b[32m" : "";
}

}  // namespace

std::string to_terminal(const Json& line, bool colour) {
  if (text(line, "type") != "change") return line.dump();
  const std::string from = text(line, "from"), to = text(line, "to");
  const std::string states = from == to ? from : from + " -> " + to;
  const std::string who = text(line, "actor") + " " + text(line, "name");
  const char* paint = colour ? colour_of(line) : "";
  const char* plain = *paint ? "\x1b[0m" : "";
  return fmt::format("{}  {:<16} {}{:<24}{}  {}", clock_text(line), who, paint, states, plain,
                     text(line, "text"));
}

bool is_about(const Json& line, const std::string& vm, const std::string& host) {
  const std::string actor = text(line, "actor");
  const bool of_vm = vm.empty() || text(line, "vm") == vm || text(line, "id") == vm ||
                     (actor != "host" && text(line, "name") == vm);
  const bool of_host = host.empty() || text(line, "host") == host ||
                       (actor == "host" && text(line, "id") == host) ||
                       (actor == "desk" && text(line, "id") == host);
  return of_vm && of_host;
}

std::string age_text(std::int64_t ms) {
  if (ms < 60'000) return fmt::format("{}.{}s", ms / 1000, ms % 1000 / 100);
  if (ms < 3'600'000) return fmt::format("{}m {}s", ms / 60'000, ms / 1000 % 60);
  return fmt::format("{}h {}m", ms / 3'600'000, ms / 60'000 % 60);
}

}  // namespace commands
