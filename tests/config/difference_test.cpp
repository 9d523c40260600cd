#include <doctest/doctest.h>

#include "drivers/config/config.h"
#include "tests/config/example.h"

using namespace drivers::config;

namespace {

Loaded right(const std::string& text) {
  const auto result = read(text);
  REQUIRE(std::holds_alternative<Loaded>(result));
  return std::get<Loaded>(result);
}

std::vector<std::string> lines(const Loaded& before, const Loaded& after) {
  std::vector<std::string> out;
  for (const Change& change : difference(before, after))
    out.push_back(change.text + (change.needs_restart ? " (restart)" : ""));
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("difference: the same file: nothing") {
  CHECK(lines(right(kHosts), right("window: 10000ms\n" + kHosts)).empty());
}

TEST_CASE("difference: settings: old and new in the file's own words") {
  const Loaded after = right(
      "window: 5s\nexclude: [db1]\nmigration: {bandwidth: 100MiB/s}\nredis: {keep: 2h}\n" + kHosts);
  CHECK(lines(right(kHosts), after) == Lines{"exclude: [] -> [db1]", "window: 10s -> 5s",
                                             "migration.bandwidth: unlimited -> 100MiB/s",
                                             "redis.keep: 1h -> 2h (restart)"});
}

TEST_CASE("difference: hosts: added, removed, changed, moved") {
  const std::string other =
      "hosts:\n"
      "  - {name: s2, role: server, may_sleep: false}\n"
      "  - {name: s1, role: warehouse, wake: [{exec: [/bin/true, -v]}]}\n"
      "  - {name: wh1, role: warehouse, may_sleep: false}\n";
  CHECK(lines(right(kHosts), right(other)) ==
        Lines{"hosts.s1.role: server -> warehouse (restart)",
              "hosts.s1.wake: [exec: [/bin/true]] -> [exec: [/bin/true, -v]]", "hosts.s2: added",
              "hosts: order wh1 s1 -> s1 wh1"});
  const std::string wol =
      kHosts + "  - {name: s2, role: server, wake: [{wol: {mac: '52:54:00:00:00:01', broadcast: ";
  CHECK(lines(right(wol + "10.0.0.255}}]}\n"), right(wol + "10.0.1.255}}]}\n")) ==
        Lines{"hosts.s2.wake: [wol: {mac: 52:54:00:00:00:01, broadcast: 10.0.0.255, port: 9, "
              "secure_on_file: \"\"}] -> [wol: {mac: 52:54:00:00:00:01, broadcast: 10.0.1.255, "
              "port: 9, secure_on_file: \"\"}]"});
  const std::string fewer = kHosts + "  - {name: s2, role: server, may_sleep: false}\n";
  CHECK(lines(right(fewer), right(kHosts)) == Lines{"hosts.s2: removed"});
}
