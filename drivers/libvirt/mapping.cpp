#include "drivers/libvirt/mapping.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace drivers::libvirt {

using actors::ports::DomainState;
using actors::ports::MigrationStats;
using actors::ports::News;

namespace {

News started(int detail) {
  return detail == VIR_DOMAIN_EVENT_STARTED_MIGRATED ? News::arriving : News::started;
}

News suspended(int detail) {
  switch (detail) {
    case VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED: return News::suspended_migrating;
    case VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY: return News::suspended_postcopy;
    case VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED: return News::postcopy_failed_source;
    default: return News::suspended;
  }
}

News resumed(int detail) {
  switch (detail) {
    case VIR_DOMAIN_EVENT_RESUMED_MIGRATED: return News::resumed_migrated;
    case VIR_DOMAIN_EVENT_RESUMED_POSTCOPY: return News::resumed_postcopy;
    case VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED: return News::postcopy_failed_target;
    default: return News::resumed;
  }
}

News stopped(int detail) {
  switch (detail) {
    case VIR_DOMAIN_EVENT_STOPPED_MIGRATED: return News::stopped_migrated;
    case VIR_DOMAIN_EVENT_STOPPED_FAILED: return News::stopped_failed;
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN: return News::shut_down;
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED: return News::destroyed;
    default: return News::stopped;
  }
}

DomainState running(int reason) {
  switch (reason) {
    case VIR_DOMAIN_RUNNING_MIGRATED: return DomainState::running_migrated;
    case VIR_DOMAIN_RUNNING_POSTCOPY: return DomainState::running_postcopy;
    case VIR_DOMAIN_RUNNING_POSTCOPY_FAILED: return DomainState::running_postcopy_failed;
    default: return DomainState::running;
  }
}

DomainState paused(int reason) {
  switch (reason) {
    case VIR_DOMAIN_PAUSED_STARTING_UP:  // also one that is to come in
    case VIR_DOMAIN_PAUSED_MIGRATION: return DomainState::paused_migrating;
    case VIR_DOMAIN_PAUSED_POSTCOPY: return DomainState::paused_postcopy;
    case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED: return DomainState::paused_postcopy_failed;
    default: return DomainState::paused;
  }
}

// libvirt gives most of them as unsigned long long, the job's operation as int.
std::int64_t number(const virTypedParameter& param) {
  switch (param.type) {
    case VIR_TYPED_PARAM_INT: return param.value.i;
    case VIR_TYPED_PARAM_UINT: return param.value.ui;
    case VIR_TYPED_PARAM_LLONG: return param.value.l;
    case VIR_TYPED_PARAM_ULLONG:
      return std::in_range<std::int64_t>(param.value.ul) ? static_cast<std::int64_t>(param.value.ul)
                                                         : -1;
    default: return -1;
  }
}

std::int64_t find(const virTypedParameter* params, int count, std::string_view field) {
  const auto* const end = params + count;
  const auto* const found = std::find_if(
      params, end, [&](const virTypedParameter& param) { return field == param.field; });
  return found == end ? -1 : number(*found);
}

}  // namespace

std::optional<News> to_news(int event, int detail) {
  switch (event) {
    case VIR_DOMAIN_EVENT_STARTED: return started(detail);
    case VIR_DOMAIN_EVENT_SUSPENDED: return suspended(detail);
    case VIR_DOMAIN_EVENT_RESUMED: return resumed(detail);
    case VIR_DOMAIN_EVENT_STOPPED: return stopped(detail);
    case VIR_DOMAIN_EVENT_PMSUSPENDED:
    case VIR_DOMAIN_EVENT_CRASHED: return News::suspended;  // executes no more, but is still there
    case VIR_DOMAIN_EVENT_SHUTDOWN: return std::nullopt;    // STOPPED follows
    default: return News::changed;
  }
}

DomainState to_state(int state, int reason) {
  switch (state) {
    case VIR_DOMAIN_PAUSED: return paused(reason);
    case VIR_DOMAIN_PMSUSPENDED:
    case VIR_DOMAIN_CRASHED: return DomainState::paused;
    case VIR_DOMAIN_SHUTDOWN: return DomainState::shutting_down;
    case VIR_DOMAIN_SHUTOFF: return DomainState::shut_off;
    case VIR_DOMAIN_RUNNING: return running(reason);
    default: return DomainState::running;
  }
}

bool means_job(DomainState state) {
  switch (state) {
    case DomainState::running_postcopy:
    case DomainState::running_postcopy_failed:
    case DomainState::paused_migrating:
    case DomainState::paused_postcopy:
    case DomainState::paused_postcopy_failed: return true;
    case DomainState::absent:
    case DomainState::running:
    case DomainState::running_migrated:
    case DomainState::paused:
    case DomainState::shutting_down:
    case DomainState::shut_off: return false;
  }
  return false;
}

bool refused_before_start(int error_code) {
  // Not NO_DOMAIN: a target says that at the end of a migration, too, when its half has died.
  constexpr std::array<int, 8> kCodes{VIR_ERR_NO_SUPPORT,
                                      VIR_ERR_INVALID_ARG,
                                      VIR_ERR_OPERATION_DENIED,
                                      VIR_ERR_MIGRATE_UNSAFE,
                                      VIR_ERR_CONFIG_UNSUPPORTED,
                                      VIR_ERR_ACCESS_DENIED,
                                      VIR_ERR_OPERATION_UNSUPPORTED,
                                      VIR_ERR_ARGUMENT_UNSUPPORTED};
  return std::ranges::find(kCodes, error_code) != kCodes.end();
}

std::optional<MigrationStats> to_stats(const virTypedParameter* params, int count) {
  if (find(params, count, VIR_DOMAIN_JOB_OPERATION) != VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT)
    return std::nullopt;
  MigrationStats stats;
  stats.total = reactor::Duration{
      std::max<std::int64_t>(find(params, count, VIR_DOMAIN_JOB_TIME_ELAPSED), 0)};
  stats.bytes = find(params, count, VIR_DOMAIN_JOB_DATA_PROCESSED);
  stats.page_requests = find(params, count, VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS);
  stats.dirty_pages_s = find(params, count, VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE);
  stats.passes = find(params, count, VIR_DOMAIN_JOB_MEMORY_ITERATION);
  return stats;
}

std::string migration_uri(const std::string& address) {
  const bool bare_ipv6 = std::ranges::count(address, ':') > 1 && !address.starts_with('[');
  return "tcp://" + (bare_ipv6 ? '[' + address + ']' : address);
}

}  // namespace drivers::libvirt
