#include "actors/director/alerts.h"

#include <doctest/doctest.h>

#include <chrono>

#include "tests/actors/snapshot.h"

using namespace actors;
using namespace std::chrono_literals;
using enum AlertKind;
using enum AlertStep;
using reactor::Instant;

namespace {

Change vm(const std::string& from, const std::string& to, ReasonCode code = ReasonCode::looked) {
  return {ActorKind::vm, "uuid1", "web1", from, to, {.code = code}, {}, "h2"};
}
Change host(const std::string& from, const std::string& to,
            ReasonCode code = ReasonCode::wake_late) {
  return {ActorKind::host, "h1", "h1", from, to, {.code = code}, {}, {}};
}
Change pool(const std::string& from, const std::string& to,
            ReasonCode code = ReasonCode::blind_pool) {
  return {ActorKind::pool, "lab", "lab", from, to, {.code = code}, {}, {}};
}
Change migration(ReasonCode code) {
  return {ActorKind::migration, "m1",           "web1",  "stranded",
          "stranded",           {.code = code}, "uuid1", "h1"};
}

/// "faulty raised 1" for each that is told.
class People {
 public:
  std::vector<std::string> hear(const std::vector<Change>& changes = {}) {
    std::vector<std::string> out;
    for (const Alert& alert : alerts.on(now, settings, changes)) {
      last = alert;
      out.push_back(std::string{name_of(alert.kind)} + " " + std::string{name_of(alert.step)} +
                    " " + std::to_string(alert.times));
    }
    return out;
  }
  std::vector<std::string> after(Duration time, const std::vector<Change>& changes = {}) {
    now += time;
    return hear(changes);
  }

  Alerts alerts;
  AlertSettings settings;
  Instant now{1h};
  Alert last;
};
using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("alerts: a host becomes faulty: raised, repeated at the interval, cleared when awake") {
  People people;
  CHECK(people.hear({host("waking", "faulty")}) == Told{"faulty raised 1"});
  CHECK(people.after(15min - 1ms).empty());
  CHECK(people.after(1ms) == Told{"faulty repeated 2"});
  CHECK(people.after(1min, {host("faulty", "asleep"), host("asleep", "waking")}).empty());
  CHECK(people.after(14min, {host("waking", "faulty")}) == Told{"faulty repeated 3"});
  CHECK(people.after(1s, {host("faulty", "awake", ReasonCode::said_hello)}) ==
        Told{"faulty cleared 3"});
  CHECK(people.last.reason.code == ReasonCode::said_hello);
  CHECK(people.last.since == Instant{1h});
  CHECK(people.after(1h).empty());
}

TEST_CASE("alerts: a host that conf.yaml names no more: cleared") {
  People people;
  people.hear({host("waking", "faulty")});
  people.alerts.dropped({"other"});
  CHECK(people.hear().empty());
  people.alerts.dropped({"h1"});
  CHECK(people.hear() == Told{"faulty cleared 1"});
}

TEST_CASE("alerts: a postcopy breaks: told until it is over, at once when people have to act") {
  People people;
  CHECK(people.hear({vm("departing", "stranded")}) == Told{"stranded raised 1"});
  CHECK(people.last.host == "h2");
  CHECK(people.after(1min, {migration(ReasonCode::looked)}).empty());
  for (const auto code :
       {ReasonCode::half_open, ReasonCode::resume_stuck, ReasonCode::needs_operator}) {
    CHECK(people.after(1min, {migration(code)}).size() == 1);
    CHECK(people.last.reason.code == code);
  }
  CHECK(people.after(15min) == Told{"stranded repeated 5"});
  CHECK(people.after(1s, {vm("stranded", "holding")}) == Told{"stranded cleared 5"});
}

TEST_CASE(
    "alerts: a stranded VM that is lost: the one ends, the other begins; till it runs again") {
  People people;
  people.hear({vm("departing", "stranded")});
  CHECK(people.after(1min, {vm("stranded", "gone", ReasonCode::lost)}) ==
        Told{"stranded cleared 1", "lost raised 1"});
  CHECK(people.after(15min) == Told{"lost repeated 2"});
  CHECK(people.after(1min, {vm("unknown", "unknown", ReasonCode::first_seen)}) ==
        Told{"lost cleared 2"});
}

TEST_CASE("alerts: a VM that stays lost: told for a day") {
  People people;
  people.hear({vm("returning", "gone", ReasonCode::lost)});
  Told told;
  for (int i = 0; i < 200; ++i)
    for (const std::string& line : people.after(15min))
      told.push_back(line);
  CHECK(told.size() == 96);
  CHECK(told.back() == "lost cleared 96");
  CHECK(people.last.reason.code == ReasonCode::told_long_enough);
}

TEST_CASE("alerts: a VM that is stopped: nobody is told") {
  People people;
  CHECK(people.hear({vm("parked", "gone", ReasonCode::stopped)}).empty());
}

TEST_CASE("alerts: the pool is blind or held: told if it lasts, once for both") {
  People people;
  CHECK(people.hear({pool("blind", "blind")}).empty());
  CHECK(people.after(9s, {pool("blind", "leading", ReasonCode::leading_pool)}).empty());
  CHECK(people.after(1h).empty());  // nobody was told, so its end is nobody's news
  CHECK(people.hear({pool("leading", "held", ReasonCode::hosts_silent)}).empty());
  CHECK(people.after(10s) == Told{"held raised 1"});
  CHECK(people.after(1s, {pool("held", "blind")}).empty());
  CHECK(people.after(15min) == Told{"held repeated 2"});
  CHECK(people.last.reason.code == ReasonCode::blind_pool);
  CHECK(people.after(1s, {pool("blind", "leading", ReasonCode::leading_pool)}) ==
        Told{"held cleared 2"});
  CHECK(people.hear({pool("running", "running", ReasonCode::settings_read)}).empty());
}

TEST_CASE("alerts: held, blind, held again: why it is held, not that it leads") {
  People people;
  people.hear({pool("leading", "held", ReasonCode::hosts_silent)});
  people.after(10s, {pool("held", "blind")});
  people.after(1s, {pool("blind", "held", ReasonCode::leading_pool),
                    pool("held", "held", ReasonCode::hosts_silent)});
  CHECK(people.after(15min) == Told{"held repeated 2"});
  CHECK(people.last.reason.code == ReasonCode::hosts_silent);
}

TEST_CASE("alerts: that telling failed while the pool is held: not why it is held") {
  People people;
  people.hear({pool("leading", "held", ReasonCode::hosts_silent)});
  CHECK(people.after(10s) == Told{"held raised 1"});
  people.hear({pool("held", "held", ReasonCode::alert_failed)});
  CHECK(people.after(15min) == Told{"held repeated 2"});
  CHECK(people.last.reason.code == ReasonCode::hosts_silent);
}

TEST_CASE("alerts: a VM goes to and fro: told till it has calmed down, or is gone") {
  for (const Change& end : {vm("active", "active", ReasonCode::ping_pong_over),
                            vm("parked", "gone", ReasonCode::stopped)}) {
    People people;
    CHECK(people.hear({vm("parked", "parked", ReasonCode::ping_pong)}) ==
          Told{"ping_pong raised 1"});
    CHECK(people.after(1min, {vm("parked", "departing")}).empty());
    CHECK(people.after(1min, {end}) == Told{"ping_pong cleared 1"});
    CHECK(people.alerts.open() == 0);
  }
}

TEST_CASE("alerts: cut and restored: told as before") {
  People people;
  people.hear({host("waking", "faulty"), vm("departing", "stranded"), pool("leading", "blind")});
  People again;
  again.alerts = restored(people.alerts);
  for (int i = 0; i < 5; ++i)
    CHECK(people.after(6min) == again.after(6min));
  CHECK(people.alerts.open() == 3);
}

TEST_CASE("alerts: as JSON on one line") {
  const Alert alert{.kind = stranded,
                    .step = repeated,
                    .times = 2,
                    .actor = ActorKind::vm,
                    .id = "uuid1",
                    .name = "web \"1\"",
                    .host = "h2",
                    .reason = {.code = ReasonCode::healed, .about = "h2"}};
  CHECK(alert_line(alert, "lab", 1'000ms, 61'000ms) ==
        R"({"alert":"stranded","step":"repeated","times":2,"pool":"lab","since_ms":1000,)"
        R"("wall_ms":61000,"actor":"vm","id":"uuid1","name":"web \"1\"","host":"h2",)"
        R"("text":"its postcopy came to its end after all, on h2",)"
        R"("reason":{"code":"healed","values":[],"about":"h2","detail":""}})");
}
