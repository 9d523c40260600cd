#include "drivers/agent/domain_stats.h"

#include <algorithm>
#include <array>
#include <string>

namespace drivers::agent {

namespace {

using actors::ports::VmLetter;

constexpr unsigned kGroups = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL |
                             VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU |
                             VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK;
// NOWAIT: a domain busy with a job is told without what its monitor would say, instead of after it.
constexpr unsigned kFlags =
    VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;

std::optional<std::int64_t> number(const virDomainStatsRecord& record, const std::string& name) {
  unsigned long long big = 0;
  if (virTypedParamsGetULLong(record.params, record.nparams, name.c_str(), &big) == 1)
    return static_cast<std::int64_t>(std::min<unsigned long long>(big, INT64_MAX));
  unsigned int small = 0;
  if (virTypedParamsGetUInt(record.params, record.nparams, name.c_str(), &small) == 1) return small;
  return std::nullopt;
}

/// The sum of "net.0.rx.bytes", "net.1.rx.bytes", ... None: the group was left out.
std::optional<Traffic> traffic(const virDomainStatsRecord& record, const std::string& group,
                               const char* in, const char* out) {
  const auto count = number(record, group + ".count");
  if (!count) return std::nullopt;
  Traffic sum;
  for (std::int64_t i = 0; i < *count; ++i) {
    const std::string device = group + "." + std::to_string(i);
    sum.in += number(record, device + in).value_or(0);
    sum.out += number(record, device + out).value_or(0);
  }
  return sum;
}

VmLetter letter(const virDomainStatsRecord& record) {
  int state = VIR_DOMAIN_NOSTATE;
  virTypedParamsGetInt(record.params, record.nparams, "state.state", &state);
  if (state == VIR_DOMAIN_RUNNING) return VmLetter::running;
  return state == VIR_DOMAIN_PAUSED ? VmLetter::paused : VmLetter::other;
}

DomainCounters counters_of(const virDomainStatsRecord& record) {
  DomainCounters counters;
  std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
  virDomainGetUUIDString(record.dom, uuid.data());
  counters.vm = actors::VmId::parse(uuid.data()).value_or(actors::VmId{});
  counters.name = virDomainGetName(record.dom);
  counters.state = letter(record);
  counters.vcpus = static_cast<std::int32_t>(number(record, "vcpu.current").value_or(0));
  counters.max_memory = {number(record, "balloon.maximum").value_or(0)};
  const auto resident = number(record, "balloon.rss");
  counters.memory = {resident ? *resident : number(record, "balloon.current").value_or(0)};
  if (const auto nanoseconds = number(record, "cpu.time")) counters.cpu_us = *nanoseconds / 1'000;
  counters.network = traffic(record, "net", ".rx.bytes", ".tx.bytes");
  counters.disk = traffic(record, "block", ".rd.bytes", ".wr.bytes");
  return counters;
}

}  // namespace

std::optional<DomainList> read_domain_stats(virConnectPtr connection) {
  virDomainStatsRecordPtr* records = nullptr;
  const int count = virConnectGetAllDomainStats(connection, kGroups, &records, kFlags);
  if (count < 0) return std::nullopt;
  DomainList list;
  for (int i = 0; i < count; ++i)
    list.push_back(counters_of(*records[i]));
  virDomainStatsRecordListFree(records);
  std::ranges::sort(list, {}, &DomainCounters::vm);
  return list;
}

}  // namespace drivers::agent
