// Migrations that break, by the letters of LAB.md §6, and how the controller sees them end.
#include <doctest/doctest.h>

#include "tools/experiments/simulation.h"

namespace experiments {

using namespace drivers::sim;

namespace {

// The VM asks to go back a second after its window is full, and takes 20 s for it: the call is at
// about 9.1 s, the switch at 10.2 s, it runs on its target from 12.2 s on.
constexpr const char* kWorld = R"(
length: 120s
conf: {migration: {mode: MODE, doubt_limit: 30s}}
link: {bandwidth_mb_s: 100, setup: 1s, downtime: 2s}
hosts:
  - {name: wh, role: warehouse, cores: 1, memory: 8GiB, may_sleep: false}
  - {name: srv, role: server, cores: 1, memory: 4GiB, may_sleep: false}
vms:
  - {name: it, on: srv, memory: 2GiB, load: [{at: 0s, cpu: 10%}]}
  - {name: idle, on: wh, memory: 1GiB, load: [{at: 0s, cpu: 1%}]}
faults:
  - FAULT
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

/// The tail; what broke a rule too.
std::string tail_of(const std::string& mode, const std::string& fault,
                    const std::string& length = "120s") {
  const std::string world = replaced(replaced(kWorld, "MODE", mode), "FAULT", fault);
  const auto read = read_scenario(replaced(world, "120s", length));
  if (const auto* wrong = std::get_if<drivers::config::Faults>(&read))
    return drivers::config::to_text(wrong->front(), "world");
  const auto& scenario = std::get<Scenario>(read);
  std::string out;
  const auto keep = [&](const std::string& line) { out += plain_text(line) + "\n"; };
  Simulation run{scenario, {.journal = false, .tail = keep}};
  run.run_until(Instant{scenario.length});
  for (const std::string& broken : run.referee().broken())
    out += "BROKEN " + broken + "\n";
  return out;
}

/// "copying -> stayed" and the like: how its first migration ended.
std::string end_of(const std::string& mode, const std::string& fault) {
  const std::string tail = tail_of(mode, fault);
  if (tail.find("BROKEN") != std::string::npos) return tail;
  for (const char* end : {"-> complete", "-> stayed", "-> lost"}) {
    const auto at = tail.find(end);
    if (at == std::string::npos || tail.rfind("migration it", at) == std::string::npos) continue;
    const auto others = {tail.find("-> complete"), tail.find("-> stayed"), tail.find("-> lost")};
    if (at == std::min(others)) return end;
  }
  return tail;
}

TEST_CASE("breaks: P1, P2: before the switch nothing is lost: it stays") {
  CHECK(end_of("precopy", "{kind: libvirtd_killed, host: wh, at: 15s, until: 20s}") == "-> stayed");
  CHECK(end_of("precopy", "{kind: libvirtd_killed, host: srv, at: 15s, until: 20s}") ==
        "-> stayed");
  CHECK(end_of("precopy", "{kind: migration_cut, host: wh, at: 15s, until: 40s}") == "-> stayed");
  CHECK(end_of("precopy", "{kind: host_crash, host: wh, at: 15s, until: 40s}") == "-> stayed");
}

TEST_CASE("breaks: C1: the target's daemon is killed between switch and resume: lost") {
  const std::string fault = "{kind: libvirtd_killed, host: wh, at: 11s, until: 20s}";
  CHECK(end_of("postcopy", fault) == "-> lost");
  CHECK(tail_of("postcopy", fault).find("vm it returning -> gone") != std::string::npos);
}

TEST_CASE("breaks: C1, and it may be started anew: what is left goes, and it runs at its source") {
  const std::string tail = tail_of("postcopy, on_lost: restart",
                                   "{kind: libvirtd_killed, host: wh, at: 11s, until: 20s}");
  INFO(tail);
  CHECK(tail.find("-> clearing") != std::string::npos);
  CHECK(tail.find("clearing -> stayed") != std::string::npos);
  CHECK(tail.find("BROKEN") == std::string::npos);
}

// Whoever shut it down does not want it started again.
TEST_CASE("breaks: its guest shuts itself down on its way: ended, wherever that was") {
  for (const char* fault : {"{kind: guest_off, host: srv, at: 9500ms}",  // all of it is there
                            "{kind: guest_off, host: wh, at: 15s}"}) {   // and here it is a half
    const std::string tail = tail_of("postcopy, on_lost: restart", fault);
    INFO(tail);
    CHECK(tail.find("-> ended") != std::string::npos);
    CHECK(tail.find("vm it returning -> gone") != std::string::npos);
    CHECK(tail.find("-> clearing") == std::string::npos);
    CHECK(tail.find("BROKEN") == std::string::npos);
  }
}

TEST_CASE("breaks: C2, C3: after the resume both ends complete by themselves") {
  CHECK(end_of("postcopy", "{kind: libvirtd_killed, host: wh, at: 15s, until: 20s}") ==
        "-> complete");
  CHECK(end_of("postcopy", "{kind: libvirtd_killed, host: srv, at: 15s, until: 20s}") ==
        "-> complete");
  CHECK(end_of("postcopy", "{kind: migration_cut, host: srv, at: 15s, until: 35s}") ==
        "-> complete");
  CHECK(end_of("postcopy", "{kind: migration_stalled, host: wh, at: 15s, until: 35s}") ==
        "-> complete");
}

TEST_CASE("breaks: cut for longer than the limit: stranded, and complete once it has healed") {
  const std::string tail =
      tail_of("postcopy", "{kind: migration_cut, host: srv, at: 15s, until: 70s}");
  INFO(tail);
  CHECK(tail.find("vm it returning -> stranded") != std::string::npos);
  CHECK(tail.find("vm it stranded -> parked") != std::string::npos);
}

TEST_CASE("breaks: C4: both ends have failed: resumed, and complete") {
  const std::string tail =
      tail_of("postcopy", "{kind: postcopy_broken, host: srv, at: 15s, until: 50s}");
  INFO(tail);
  CHECK(tail.find("stranded -> recovering") != std::string::npos);
  CHECK(tail.find("recovering -> stranded") != std::string::npos);  // till there is a way again
  CHECK(tail.find("vm it stranded -> parked") != std::string::npos);
}

// Its memory takes 20 s over the network, and its limit is 4 s.
TEST_CASE("breaks: a precopy that may be switched is, at its limit, and arrives") {
  const std::string tail = tail_of("precopy_then_postcopy, precopy_limit_per_gib: 2s",
                                   "{kind: redis_gone, at: 100s, until: 101s}");
  INFO(tail);
  CHECK(tail.find("precopy has not ended in 4.0 s: switched to postcopy") != std::string::npos);
  CHECK(tail.find("switched -> resumed") != std::string::npos);
  CHECK(tail.find("resumed -> complete") != std::string::npos);
  CHECK(tail.find("BROKEN") == std::string::npos);
}

// The abort gets lost while the controller can't write its journal.
TEST_CASE("breaks: a precopy at its limit while Redis is gone: given up once it is back") {
  const std::string tail =
      tail_of("precopy, precopy_limit_per_gib: 2s", "{kind: redis_gone, at: 11s, until: 20s}");
  INFO(tail);
  CHECK(tail.find("precopy has not ended in 4.0 s; given up") != std::string::npos);
  CHECK(tail.find("copying -> stayed") != std::string::npos);
}

TEST_CASE("breaks: C5: a target that does not notice: its agent ends the connection; resumed") {
  const std::string tail = tail_of("postcopy",
                                   "{kind: half_open, host: wh, at: 0s, until: 115s}\n"
                                   "  - {kind: postcopy_broken, host: srv, at: 15s, until: 16s}");
  INFO(tail);
  CHECK(tail.find("does not notice: its agent ends the connection") != std::string::npos);
  CHECK(tail.find("NEEDS OPERATOR") == std::string::npos);
  CHECK(tail.find("vm it stranded -> parked") != std::string::npos);
  CHECK(tail.find("BROKEN") == std::string::npos);
}

// The source's libvirt told the target's: both say that it failed, and libvirt refuses to resume
// it.
TEST_CASE("breaks: C5, and only libvirt there notices: refused once, its agent ends it; resumed") {
  const std::string tail = tail_of("postcopy",
                                   "{kind: half_told, host: wh, at: 0s, until: 300s}\n"
                                   "  - {kind: postcopy_broken, host: srv, at: 15s, until: 16s}");
  INFO(tail);
  CHECK(tail.find("try 1 of 5 to resume it came back: resuming: QEMU reports") !=
        std::string::npos);
  CHECK(tail.find("resumed, try 2 of 5") != std::string::npos);
  CHECK(tail.find("resumed, try 3 of 5") == std::string::npos);
  CHECK(tail.find("vm it stranded -> parked") != std::string::npos);
}

TEST_CASE("breaks: C5, and the agent is dead: a person is told; once it is back, it is resumed") {
  const std::string tail = tail_of("postcopy",
                                   "{kind: half_open, host: wh, at: 0s, until: 300s}\n"
                                   "  - {kind: agent_dead, host: wh, at: 20s, until: 110s}\n"
                                   "  - {kind: postcopy_broken, host: srv, at: 15s, until: 16s}",
                                   "200s");
  INFO(tail);
  CHECK(tail.find("does not notice; NEEDS OPERATOR: on the target as root: ss -K state established "
                  "dst srv sport ge :49152 sport le :49215") != std::string::npos);
  CHECK(tail.find("vm it stranded -> parked") != std::string::npos);
}

// It switches at 10.2 s, and would run on its target from 12.2 s on.
TEST_CASE("breaks: its source gives up before it ran: its agent ends the rest of it; lost") {
  const std::string fault = "{kind: migration_cut, host: srv, at: 11s, until: 30s}";
  const std::string tail = tail_of("postcopy, resume_limit: 20s", fault);
  INFO(tail);
  CHECK(tail.find("does not notice: its agent ends the connection") != std::string::npos);
  CHECK(tail.find("stranded -> lost") != std::string::npos);
  CHECK(tail.find("NEEDS OPERATOR") == std::string::npos);
  CHECK(tail.find("BROKEN") == std::string::npos);
  const std::string anew = tail_of("postcopy, resume_limit: 20s, on_lost: restart", fault);
  CHECK(anew.find("clearing -> stayed") != std::string::npos);
}

TEST_CASE("breaks: a host crashes under half of a VM: lost, said once the host is back") {
  for (const char* host : {"wh", "srv"}) {
    CHECK(end_of("postcopy", std::string{"{kind: host_crash, at: 15s, until: 25s, host: "} + host +
                                 "}") == "-> lost");
  }
  CHECK(end_of("precopy", "{kind: host_crash, host: srv, at: 15s, until: 25s}") == "-> lost");
}

TEST_CASE("breaks: an answer is lost: looks find out whether anything was begun") {
  CHECK(end_of("postcopy", "{kind: answer_lost, host: srv, at: 0s, until: 20s}") == "-> complete");
  CHECK(end_of("postcopy", "{kind: request_lost, host: srv, at: 0s, until: 20s}") == "-> stayed");
}

TEST_CASE("breaks: the controller is killed in a migration: the next one finds where the VM is") {
  const std::string tail = tail_of("postcopy", "{kind: controller_killed, at: 15s, until: 20s}");
  INFO(tail);
  CHECK(tail.rfind("vm it unknown -> parked") != std::string::npos);
  CHECK(tail.find("BROKEN") == std::string::npos);
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t out = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++out;
  return out;
}

// Lost at 20.1 s, once wh is back; what is left at srv is destroyed at the next tick, and it would
// be started at the one after that.
TEST_CASE("breaks: the controller is killed between destroy and start: the next one starts it") {
  for (const char* killed : {"at: 20150ms, until: 23s", "at: 20250ms, until: 23s"}) {
    const std::string tail = tail_of("postcopy, on_lost: restart",
                                     "{kind: libvirtd_killed, host: wh, at: 11s, until: 20s}\n"
                                     "  - {kind: controller_killed, " +
                                         std::string{killed} + "}");
    INFO(tail);
    CHECK(tail.find("an earlier controller was moving it from srv to wh") != std::string::npos);
    CHECK(tail.find("runs on srv anew") != std::string::npos);
    CHECK(tail.find("-> lost") == std::string::npos);
    CHECK(tail.find("BROKEN") == std::string::npos);
  }
}

TEST_CASE("breaks: the controller is killed, then an end dies: told, or started anew") {
  const std::string killed = "\n  - {kind: controller_killed, at: 10800ms, until: 40s}";
  for (const char* fault : {"{kind: libvirtd_killed, host: wh, at: 11s, until: 20s}",
                            "{kind: host_crash, host: wh, at: 15s, until: 25s}",
                            "{kind: host_crash, host: srv, at: 15s, until: 25s}"}) {
    CAPTURE(fault);
    const std::string tail = tail_of("postcopy", fault + killed);
    INFO(tail);
    CHECK(count(tail, "unknown -> gone: neither end") == 1);
    CHECK(tail.find("BROKEN") == std::string::npos);
    const std::string anew = tail_of("postcopy, on_lost: restart", fault + killed);
    INFO(anew);
    CHECK(anew.find("runs on srv anew") != std::string::npos);
    CHECK(anew.find("BROKEN") == std::string::npos);
  }
}

// Its guest may have been shut down meanwhile.
TEST_CASE("breaks: the controller is killed, then both ends die: told once, and not started") {
  const std::string tail = tail_of("postcopy, on_lost: restart",
                                   "{kind: controller_killed, at: 10800ms, until: 40s}\n"
                                   "  - {kind: host_crash, host: wh, at: 15s, until: 25s}\n"
                                   "  - {kind: host_crash, host: srv, at: 15s, until: 25s}\n"
                                   "  - {kind: controller_killed, at: 70s, until: 75s}");
  INFO(tail);
  CHECK(count(tail, "unknown -> gone: neither end") == 1);
  CHECK(tail.find("anew") == std::string::npos);
}

}  // namespace
}  // namespace experiments
