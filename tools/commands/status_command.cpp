// nemuri status: hosts, VMs and migrations of a running controller, once.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "actors/ports/json.h"
#include "tools/commands/line_text.h"
#include "tools/commands/options.h"
#include "tools/commands/socket_client.h"

namespace commands {

using actors::Json;

namespace {

struct StatusOptions {
  std::string socket;
  bool json = false, power = false;
};

std::string cores(const Json& in, const char* key) {
  if (!in.contains(key)) return "-";
  return fmt::format("{:.2f}", in[key].get<double>() / 1000);
}

std::string waits(const Json& in) {
  if (!in.contains("waits")) return {};
  const Json& wait = in["waits"];
  if (wait.is_string()) return wait.get<std::string>();
  std::string out = wait.value("why", "");
  if (wait.contains("clears_in_ms"))
    out += fmt::format(" ({} to go)", age_text(wait["clears_in_ms"].get<std::int64_t>()));
  return out;
}

void print_hosts(const Json& status) {
  fmt::print("{:<14}{:<11}{:<12}{:>8}  {:>11} {:>5} {:>4}  {:<20}{}\n", "HOST", "ROLE", "STATE",
             "SINCE", "CORES", "LOAD", "VMS", "TICKETS", "WAITS FOR");
  for (const Json& host : status["hosts"]) {
    const std::string load =
        host.contains("load_pct") ? fmt::format("{}%", host["load_pct"].get<int>()) : "-";
    std::string desk;
    if (host.contains("desk"))
      desk = fmt::format("{}/{} out, {} wait", host["desk"]["tickets_out"].get<int>(),
                         host["desk"]["tickets"].get<int>(), host["desk"]["waiting"].get<int>());
    fmt::print("{:<14}{:<11}{:<12}{:>8}  {:>5}/{:>5} {:>5} {:>4}  {:<20}{}\n",
               host.value("name", ""), host.value("role", ""), host.value("state", ""),
               age_text(host.value("for_ms", std::int64_t{0})), cores(host, "cpu_mcores"),
               cores(host, "capacity_mcores"), load, host.value("vms", 0), desk, waits(host));
  }
}

std::string time_of(const Json& in, const char* key) {
  return in.contains(key) ? age_text(in[key].get<std::int64_t>()) : "-";
}

std::string proof_of(const Json& power) {
  if (!power.value("may_sleep", false)) return "never sleeps";
  const std::string ago =
      power.contains("woke_ms_ago") ? time_of(power, "woke_ms_ago") + " ago" : "";
  if (power.value("proven", false)) return "woke " + ago;
  return ago.empty() ? "not proven" : "woke " + ago + ", too long";
}

void print_wakes(const std::string& name, const Json& in, const std::string& more) {
  const std::string share =
      in.contains("reliability_pct") ? fmt::format("{}%", in["reliability_pct"].get<int>()) : "-";
  fmt::print("{:<18}{:>6}/{:<6}{:>6}{:>10}{:>10}  {}\n", name, in.value("woke", 0),
             in.value("tried", 0), share, time_of(in, "p50_ms"), time_of(in, "p95_ms"), more);
}

// A line a host, and one for each of its ways that had a turn.
void print_power(const Json& status) {
  fmt::print("{:<18}{:>6}/{:<6}{:>6}{:>10}{:>10}  {}\n", "HOST, WAY", "WOKE", "TRIED", "LAST 32",
             "P50", "P95", "STATE, PROOF");
  for (const Json& host : status["hosts"]) {
    const Json& power = host["power"];
    print_wakes(host.value("name", ""), power,
                host.value("state", "") + ", " + proof_of(power) +
                    (power.value("reserve", false) ? ", in the reserve" : ""));
    for (const Json& way : power["ways"])
      print_wakes("  " + way.value("name", ""), way, "");
  }
}

void print_vms(const Json& status) {
  fmt::print("\n{:<20}{:<14}{:<11}{:>8}  {:>6} {:>8}  {:<14}{}\n", "VM", "HOST", "STATE", "SINCE",
             "CORES", "MEMORY", "GOES TO", "WAITS FOR");
  for (const Json& vm : status["vms"]) {
    const std::string memory =
        fmt::format("{} MiB", vm.value("max_memory_kib", std::int64_t{0}) / 1024);
    fmt::print("{:<20}{:<14}{:<11}{:>8}  {:>6} {:>8}  {:<14}{}\n", vm.value("name", ""),
               vm.value("host", ""), vm.value("state", ""),
               age_text(vm.value("for_ms", std::int64_t{0})), cores(vm, "cpu_mcores"), memory,
               vm.value("target", vm.value("desk", "")), waits(vm));
  }
}

void print_migrations(const Json& status) {
  for (const Json& m : status["migrations"])
    fmt::print("\nmigration {} of {}: {} -> {} ({}), {} for {}: {}\n", m.value("id", ""),
               m.value("vm", ""), m.value("source", ""), m.value("target", ""), m.value("mode", ""),
               m.value("phase", ""), age_text(m.value("for_ms", std::int64_t{0})),
               m.value("last", ""));
}

void print(const Json& status) {
  fmt::print("pool {}: {}{}{}\n\n", status.value("pool", ""), status.value("state", ""),
             status.contains("why") ? ": " + status.value("why", "") : "",
             status.value("dry_run", false) ? " (dry run)" : "");
  print_hosts(status);
  print_vms(status);
  print_migrations(status);
}

int status(const StatusOptions& options) {
  auto client = SocketClient::connect(socket_path(options.socket));
  if (!client.ok()) return fail("status", client.error().detail);
  SocketClient socket = std::move(client).value();
  const auto sent = socket.send_line(R"({"op":"status"})");
  if (!sent.ok()) return fail("status", sent.error().detail);
  const auto line = socket.read_line();
  if (!line.ok()) return fail("status", line.error().detail);
  if (!line.value()) return fail("status", "the controller closed the socket without an answer");
  if (options.json) return std::puts(line.value()->c_str()) < 0 ? kFailed : 0;
  const Json status = Json::parse(*line.value(), nullptr, false);
  if (status.is_discarded() || status.value("type", "") != "status")
    return fail("status", "not an answer to a status request: " + *line.value());
  options.power ? print_power(status) : print(status);
  return 0;
}

}  // namespace

void add_status(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command =
      app.add_subcommand("status", "Shows hosts and VMs: state, load, and what each waits for");
  command->footer("Example: nemuri status --json | python3 -m json.tool");
  command->add_option("--socket", options->socket, "Tail socket of `nemuri run`");
  command->add_flag("--power", options->power, "How surely and fast hosts wake, and by which way");
  command->add_flag("--json", options->json, "The answer as one line of JSON");
  command->callback([options, &exit_code] { exit_code = status(*options); });
}

}  // namespace commands
