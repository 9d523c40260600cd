// Each kind of fault in a small world: what the controller says of it.
#include <doctest/doctest.h>

#include "tools/experiments/simulation.h"

namespace experiments {

using namespace drivers::sim;

namespace {

constexpr const char* kWorld = R"(
length: 120s
link: {bandwidth_mb_s: 100}
hosts:
  - {name: wh, role: warehouse, cores: 1, memory: 8GiB}
  - {name: srv, role: server, cores: 1, memory: 4GiB}
vms:
  - {name: busy, on: srv, memory: 1GiB, load: [{at: 0s, cpu: 80%}]}
  - {name: idle, on: wh, memory: 1GiB, load: [{at: 0s, cpu: 1%}]}
faults:
)";

/// The tail of the world with these faults, a line each; what broke a rule too.
std::string tail_with(const std::string& faults, Duration end = Duration{60'000}) {
  const auto read = read_scenario(kWorld + faults);
  if (const auto* wrong = std::get_if<drivers::config::Faults>(&read))
    return drivers::config::to_text(wrong->front(), "world");
  std::string out;
  const auto keep = [&](const std::string& line) { out += plain_text(line) + "\n"; };
  Simulation run{std::get<Scenario>(read), {.journal = false, .tail = keep}};
  run.run_until(Instant{end});
  for (const std::string& broken : run.referee().broken())
    out += "BROKEN " + broken + "\n";
  return out;
}

bool has(const std::string& tail, const std::string& what) {
  return tail.find(what) != std::string::npos;
}

TEST_CASE("faults: samples late or lost: their host is silent, and awake once they come again") {
  for (const char* fault : {"{kind: samples_late, host: srv, at: 20s, until: 30s, by: 5s}",
                            "{kind: samples_lost, host: srv, at: 20s, until: 30s}"}) {
    const std::string tail = tail_with(std::string{"  - "} + fault);
    INFO(tail);
    CHECK(has(tail, "host srv awake -> silent: no fresh sample"));
    CHECK(has(tail, "host srv silent -> awake"));
    CHECK_FALSE(has(tail, "BROKEN"));
  }
}

TEST_CASE("faults: samples twice or of a wrong wall clock: nothing to say") {
  const std::string calm = tail_with("  - {kind: samples_lost, host: srv, at: 90s}");
  CHECK(tail_with("  - {kind: samples_twice, host: srv, at: 20s, until: 30s}") == calm);
  CHECK(tail_with("  - {kind: clock_back, host: srv, at: 20s, until: 30s, by: 1h}") == calm);
  CHECK(tail_with("  - {kind: clock_ahead, at: 20s, until: 30s, by: 1h}") == calm);
}

TEST_CASE("faults: figures of 0, or frozen: not believed, so their host is silent till they end") {
  const std::string zero = tail_with("  - {kind: samples_zero, host: srv, at: 20s, until: 40s}");
  INFO(zero);
  CHECK(has(zero, "22.008 host srv awake -> silent: its samples are all zero"));
  CHECK(has(zero, "40.008 host srv silent -> awake"));
  CHECK_FALSE(has(zero, "vm busy active -> queued"));
  const std::string frozen =
      tail_with("  - {kind: samples_frozen, host: srv, at: 20s, until: 40s}");
  INFO(frozen);
  CHECK(has(frozen, "31.008 host srv awake -> silent: its last 10 samples with load are the same"));
  CHECK(has(frozen, "40.008 host srv silent -> awake"));
}

TEST_CASE("faults: an idle host's figures hardly move: believed all the same") {
  CHECK_FALSE(
      has(tail_with("  - {kind: samples_frozen, host: wh, at: 119s}"), "host wh awake -> silent"));
}

TEST_CASE("faults: an agent dies: its host is silent till its successor says hello") {
  const std::string tail = tail_with("  - {kind: agent_dead, host: srv, at: 20s, until: 30s}");
  INFO(tail);
  CHECK(has(tail, "host srv awake -> silent"));
  CHECK(has(tail, "31.008 host srv silent -> awake"));
}

TEST_CASE("faults: whose they can be, and which have a size") {
  CHECK(has(tail_with("  - {kind: redis_gone, host: srv, at: 1s}"), "belongs to no redis_gone"));
  CHECK(has(tail_with("  - {kind: agent_dead, at: 1s}"), "agent_dead is some host's"));
  CHECK(has(tail_with("  - {kind: samples_late, host: srv, at: 1s}"), "by: belongs to"));
  CHECK(has(tail_with("  - {kind: agent_dead, host: srv, at: 1s, by: 1s}"), "by: belongs to"));
}

}  // namespace
}  // namespace experiments
