// nemuri power test: hosts show that they wake, while nobody needs them.
#include <cstdio>
#include <memory>
#include <set>

#include "actors/ports/json.h"
#include "tools/commands/line_text.h"
#include "tools/commands/options.h"
#include "tools/commands/socket_client.h"

namespace commands {

using actors::Json;

namespace {

struct TestOptions {
  std::string socket;
  std::vector<std::string> hosts;
  bool all_empty = false;
};

std::string request(const TestOptions& options) {
  Json out = Json::object();
  out["op"] = "drill";
  out["hosts"] = options.hosts;
  out["all_empty"] = options.all_empty;
  return out.dump();
}

/// The hosts whose drills were asked for. Errors: unreachable, refused.
reactor::Result<std::set<std::string>> ask(const TestOptions& options) {
  auto client = SocketClient::connect(socket_path(options.socket));
  if (!client.ok()) return client.error();
  SocketClient socket = std::move(client).value();
  const auto sent = socket.send_line(request(options));
  if (!sent.ok()) return sent.error();
  const auto line = socket.read_line();
  if (!line.ok()) return line.error();
  const Json answer = Json::parse(line.value().value_or(""), nullptr, false);
  if (!answer.is_object() || answer.value("type", "") != "drill")
    return reactor::Error{reactor::Errc::refused,
                          answer.is_object() ? answer.value("error", "") : "no answer"};
  std::set<std::string> out;
  for (const Json& host : answer["hosts"])
    out.insert(host.get<std::string>());
  return out;
}

/// What a line says of a drill: it woke, it did not, or nothing yet.
std::optional<bool> outcome(const Json& line) {
  const std::string code = line["reason"].value("code", ""), to = line.value("to", "");
  if (code == "drill_passed") return true;
  if (code == "drill_impossible" || code == "drill_failed" || to == "faulty" || to == "silent")
    return false;
  const bool gave_up = line.value("from", "") == "suspending" && to == "awake";
  return gave_up ? std::optional{false} : std::nullopt;
}

/// Prints their lines till each has its outcome. True: all woke.
bool follow(SocketClient& tail, std::set<std::string> waiting) {
  bool all_woke = true;
  while (!waiting.empty()) {
    const auto text = tail.read_line();
    if (!text.ok() || !text.value()) return false;
    const Json line = Json::parse(*text.value(), nullptr, false);
    const bool about_one = line.is_object() && line.value("actor", "") == "host" &&
                           waiting.contains(line.value("name", ""));
    if (!about_one) continue;
    std::puts(to_terminal(line, false).c_str());
    std::fflush(stdout);
    const auto woke = outcome(line);
    if (!woke) continue;
    all_woke = all_woke && *woke;
    waiting.erase(line.value("name", ""));
  }
  return all_woke;
}

// The tail first, so that no line is missed.
int test(const TestOptions& options) {
  if (options.hosts.empty() == !options.all_empty) {
    fail("power test", "name hosts, or say --all-empty");
    return kBadUsage;
  }
  auto client = SocketClient::connect(socket_path(options.socket));
  if (!client.ok()) return fail("power test", client.error().detail);
  SocketClient tail = std::move(client).value();
  const auto sent = tail.send_line(R"({"op":"tail"})");
  if (!sent.ok()) return fail("power test", sent.error().detail);
  const auto asked = ask(options);
  if (!asked.ok()) return fail("power test", asked.error().detail);
  if (asked.value().empty()) return fail("power test", "no host that may sleep is empty");
  return follow(tail, asked.value()) ? 0
                                     : fail("power test", "not all of them showed that they wake");
}

}  // namespace

void add_power(CLI::App& app, int& exit_code) {
  CLI::App* power = app.add_subcommand("power", "Proves that hosts sleep and wake");
  power->require_subcommand(1);
  power->footer("Example: nemuri power test --all-empty");
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = power->add_subcommand(
      "test", "Puts hosts to sleep while they are empty, and wakes them, one after the other");
  command->footer(
      "Example: nemuri power test server1\n"
      "Exit status: 0 all woke, 1 one did not, or could not be put to sleep, 2 bad usage.");
  command->add_option("host", options->hosts, "Hosts that nobody needs now");
  command->add_flag("--all-empty", options->all_empty, "All that nobody needs now");
  command->add_option("--socket", options->socket, "Tail socket of `nemuri run`");
  command->callback([options, &exit_code] { exit_code = test(*options); });
}

}  // namespace commands
