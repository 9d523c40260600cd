// nemuri tail: the lines of a running controller, as they come.
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "actors/ports/json.h"
#include "tools/commands/line_text.h"
#include "tools/commands/options.h"
#include "tools/commands/socket_client.h"

namespace commands {

using actors::Json;

namespace {

struct TailOptions {
  std::string socket, vm, host;
  bool json = false;
  std::int64_t since_ms = 0;
};

std::string request(const TailOptions& options) {
  Json out = Json::object();
  out["op"] = "tail";
  out["since_ms"] = options.since_ms;
  return out.dump();
}

void print(const TailOptions& options, const std::string& text, bool colour) {
  const Json line = Json::parse(text, nullptr, false);
  if (line.is_discarded()) return;
  if (line.value("type", "") == "change" && !is_about(line, options.vm, options.host)) return;
  std::puts(options.json ? text.c_str() : to_terminal(line, colour).c_str());
  std::fflush(stdout);
}

int tail(const TailOptions& options) {
  auto client = SocketClient::connect(socket_path(options.socket));
  if (!client.ok()) return fail("tail", client.error().detail);
  SocketClient socket = std::move(client).value();
  const auto sent = socket.send_line(request(options));
  if (!sent.ok()) return fail("tail", sent.error().detail);
  const bool colour = isatty(STDOUT_FILENO) != 0;
  for (;;) {
    const auto line = socket.read_line();
    if (!line.ok()) return fail("tail", line.error().detail);
    if (!line.value()) return 0;
    print(options, *line.value(), colour);
  }
}

}  // namespace

void add_tail(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<TailOptions>();
  CLI::App* command = app.add_subcommand("tail", "Shows every change as it happens, and why");
  command->footer("Example: nemuri tail --vm web1 --since 10m");
  command->add_option("--socket", options->socket, "Tail socket of `nemuri run`");
  command->add_option("--vm", options->vm, "Only what is about this VM (name or UUID)");
  command->add_option("--host", options->host, "Only what is about this host");
  command->add_flag("--json", options->json, "Lines of JSON, as they come from the socket");
  command->add_option("--since", options->since_ms, "First the lines of this time: 30s, 10m, 1h")
      ->transform(time_with_unit());
  command->callback([options, &exit_code] { exit_code = tail(*options); });
}

}  // namespace commands
