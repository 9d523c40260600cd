#include "drivers/libvirt/mapping.h"

#include <doctest/doctest.h>
#include <libvirt/virterror.h>

#include <array>
#include <utility>
#include <vector>

using actors::ports::DomainState;
using actors::ports::News;
using drivers::libvirt::to_news;
using drivers::libvirt::to_state;

namespace {

struct EventRow {
  int event, detail;
  std::optional<News> news;
};

const std::vector<EventRow> kEvents{
    {VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED, News::changed},
    {VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_UPDATED, News::changed},
    {VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED, News::changed},
    {VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED, News::changed},
    {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED, News::started},
    {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED, News::arriving},
    {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_RESTORED, News::started},
    {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT, News::started},
    {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_WAKEUP, News::started},
    {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED, News::suspended},
    {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED, News::suspended_migrating},
    {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_IOERROR, News::suspended},
    {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG, News::suspended},
    {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR, News::suspended},
    {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY, News::suspended_postcopy},
    {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED,
     News::postcopy_failed_source},
    {VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED, News::resumed},
    {VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_MIGRATED, News::resumed_migrated},
    {VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT, News::resumed},
    {VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_POSTCOPY, News::resumed_postcopy},
    {VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED,
     News::postcopy_failed_target},
    {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN, News::shut_down},
    {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED, News::destroyed},
    {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_CRASHED, News::stopped},
    {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_MIGRATED, News::stopped_migrated},
    {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SAVED, News::stopped},
    {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED, News::stopped_failed},
    {VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_FINISHED, std::nullopt},
    {VIR_DOMAIN_EVENT_PMSUSPENDED, VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY, News::suspended},
    {VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED, News::suspended},
    {VIR_DOMAIN_EVENT_CRASHED + 100, 0, News::changed},
};

struct StateRow {
  int state, reason;
  DomainState is;
  bool job;
};

const std::vector<StateRow> kStates{
    {VIR_DOMAIN_NOSTATE, VIR_DOMAIN_NOSTATE_UNKNOWN, DomainState::running, false},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, DomainState::running, false},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATED, DomainState::running_migrated, false},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED, DomainState::running, false},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATION_CANCELED, DomainState::running, false},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY, DomainState::running_postcopy, true},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY_FAILED, DomainState::running_postcopy_failed,
     true},
    {VIR_DOMAIN_BLOCKED, VIR_DOMAIN_BLOCKED_UNKNOWN, DomainState::running, false},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, DomainState::paused, false},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, DomainState::paused_migrating, true},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP, DomainState::paused_migrating, true},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR, DomainState::paused, false},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, DomainState::paused_postcopy, true},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY_FAILED, DomainState::paused_postcopy_failed,
     true},
    {VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER, DomainState::shutting_down, false},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, DomainState::shut_off, false},
    {VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, DomainState::paused, false},
    {VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN, DomainState::paused, false},
};

}  // namespace

TEST_CASE("libvirt: a lifecycle event: news in our words") {
  for (const EventRow& row : kEvents) {
    CAPTURE(row.event);
    CAPTURE(row.detail);
    CHECK(to_news(row.event, row.detail) == row.news);
  }
}

TEST_CASE("libvirt: a domain's state and reason: a state in our words") {
  for (const StateRow& row : kStates) {
    CAPTURE(row.state);
    CAPTURE(row.reason);
    CHECK(to_state(row.state, row.reason) == row.is);
    CHECK(drivers::libvirt::means_job(row.is) == row.job);
  }
}

TEST_CASE("libvirt: an error of a migration: refused only if nothing was begun") {
  using drivers::libvirt::refused_before_start;
  CHECK(refused_before_start(VIR_ERR_MIGRATE_UNSAFE));
  CHECK(refused_before_start(VIR_ERR_CONFIG_UNSUPPORTED));
  CHECK_FALSE(refused_before_start(VIR_ERR_NO_DOMAIN));  // a target's word after it lost its half
  CHECK_FALSE(refused_before_start(VIR_ERR_OPERATION_FAILED));
  CHECK_FALSE(refused_before_start(VIR_ERR_OPERATION_ABORTED));
  CHECK_FALSE(refused_before_start(VIR_ERR_RPC));
  CHECK_FALSE(refused_before_start(VIR_ERR_INTERNAL_ERROR));
}

TEST_CASE("libvirt: a completed job: statistics of migrations only, -1 where nothing is told") {
  virTypedParameterPtr params = nullptr;
  int count = 0;
  int room = 0;
  const auto add = [&](const char* name, unsigned long long value) {
    REQUIRE(virTypedParamsAddULLong(&params, &count, &room, name, value) == 0);
  };
  add(VIR_DOMAIN_JOB_TIME_ELAPSED, 2'100);
  add(VIR_DOMAIN_JOB_DATA_PROCESSED, 26'000'000);
  add(VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS, 268);
  CHECK_FALSE(drivers::libvirt::to_stats(params, count));
  REQUIRE(virTypedParamsAddInt(&params, &count, &room, VIR_DOMAIN_JOB_OPERATION,
                               VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT) == 0);
  const auto stats = drivers::libvirt::to_stats(params, count);
  virTypedParamsFree(params, count);
  REQUIRE(stats);
  CHECK(stats->total.count() == 2'100);
  CHECK(stats->bytes == 26'000'000);
  CHECK(stats->page_requests == 268);
  CHECK(stats->dirty_pages_s == -1);
  CHECK(stats->passes == -1);
}

TEST_CASE("libvirt: a migration address: a URI, an IPv6 address in brackets") {
  using drivers::libvirt::migration_uri;
  CHECK(migration_uri("10.0.0.2") == "tcp://10.0.0.2");
  CHECK(migration_uri("wh1.storage") == "tcp://wh1.storage");
  CHECK(migration_uri("10.0.0.2:49152") == "tcp://10.0.0.2:49152");
  CHECK(migration_uri("fd00::2") == "tcp://[fd00::2]");
  CHECK(migration_uri("[fd00::2]") == "tcp://[fd00::2]");
}
