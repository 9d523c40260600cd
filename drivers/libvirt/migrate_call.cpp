#include "drivers/libvirt/migrate_call.h"

#include <fmt/format.h>

#include "drivers/libvirt/domain_calls.h"
#include "drivers/libvirt/mapping.h"

namespace drivers::libvirt {

using actors::ports::DomainState;
using actors::ports::MigrateCall;
using actors::ports::MigrationMode;
using reactor::Errc;
using reactor::Error;
using reactor::Unit;

namespace {

constexpr std::string_view kNotBegun = "the VM was not moved: mend that, then try again";
constexpr std::int64_t kBeforeSwitchMibS = 1;

/// libvirt's list of named parameters, freed with it.
class Params {
 public:
  Params() = default;
  ~Params() { virTypedParamsFree(list_, count_); }
  Params(const Params&) = delete;
  Params& operator=(const Params&) = delete;

  void text(const char* name, const std::string& value) {
    if (!value.empty()) virTypedParamsAddString(&list_, &count_, &room_, name, value.c_str());
  }
  void number(const char* name, std::int64_t value) {
    if (value <= 0) return;
    const auto positive = static_cast<unsigned long long>(value);
    virTypedParamsAddULLong(&list_, &count_, &room_, name, positive);
  }
  virTypedParameterPtr list() const { return list_; }
  unsigned count() const { return static_cast<unsigned>(count_); }

 private:
  virTypedParameterPtr list_ = nullptr;
  int count_ = 0, room_ = 0;
};

// A guest that outlives its shutdown (persistent) is that at the target, and no more at the source.
unsigned flags_of(const MigrateCall& call, MigrateKind kind, virDomainPtr domain) {
  unsigned flags = VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER;
  if (kind == MigrateKind::resume) flags |= VIR_MIGRATE_POSTCOPY_RESUME | VIR_MIGRATE_POSTCOPY;
  if (may_be_postcopy(call.mode)) flags |= VIR_MIGRATE_POSTCOPY;
  if (virDomainIsPersistent(domain) == 1)
    flags |= VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE;
  return flags;
}

void fill(Params& params, const MigrateCall& call) {
  if (!call.migration_address.empty())
    params.text(VIR_MIGRATE_PARAM_URI, migration_uri(call.migration_address));
  const bool at_once = call.mode == MigrationMode::postcopy;
  params.number(VIR_MIGRATE_PARAM_BANDWIDTH, at_once ? kBeforeSwitchMibS : call.bandwidth_mib_s);
  if (may_be_postcopy(call.mode))
    params.number(VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, call.postcopy_bandwidth_mib_s);
}

bool stays_at_source(const Conn& conn, const actors::VmId& vm) {
  const auto look = look_up(conn, vm);
  if (!look.ok() || look.value().job) return false;
  return look.value().state == DomainState::running || look.value().state == DomainState::paused;
}

}  // namespace

std::string_view verb_of(MigrateKind kind) {
  return kind == MigrateKind::resume ? "resuming the postcopy of" : "migrating";
}

MigrateEnd migrate(const std::string& source_uri, const LibvirtSettings& settings, Owner owner,
                   const MigrateCall& call, MigrateKind kind) {
  const auto conn = connect(source_uri, settings, owner);
  if (!conn.ok()) return {conn.error(), {}};
  const auto tried = fmt::format("{} VM {} from {} to {} ({})", verb_of(kind), call.vm.text(),
                                 call.source.text, call.target.text, call.target_uri);
  const Domain domain{conn.value(), call.vm};
  if (domain.get() == nullptr)
    return {failed(virConnectIsAlive(conn.value().get()) == 1 ? Errc::refused : Errc::unreachable,
                   tried, last_fault(), "nothing was begun: look where the VM is"),
            {}};
  Params params;
  fill(params, call);
  if (virDomainMigrateToURI3(domain.get(), call.target_uri.c_str(), params.list(), params.count(),
                             flags_of(call, kind, domain.get())) == 0)
    return {Unit{}, {}};
  const Fault fault = last_fault();
  if (refused_before_start(fault.code)) return {failed(Errc::refused, tried, fault, kNotBegun), {}};
  MigrateEnd end{failed(Errc::outcome_unknown, tried, fault, "look at both ends first"), {}};
  if (stays_at_source(conn.value(), call.vm))
    end.if_no_pass = failed(Errc::refused, tried, fault, kNotBegun);
  return end;
}

}  // namespace drivers::libvirt
