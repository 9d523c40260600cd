#include "drivers/libvirt/hypervisor.h"

#include <algorithm>
#include <utility>

#include "drivers/libvirt/domain_calls.h"
#include "drivers/libvirt/mapping.h"
#include "drivers/libvirt/survey.h"

namespace drivers::libvirt {

using actors::HostId;
using actors::VmId;
using actors::ports::DomainLook;
using actors::ports::DomainNews;
using actors::ports::Done;
using actors::ports::MigrateCall;
using actors::ports::MigrationMode;
using actors::ports::MigrationStats;
using actors::ports::Survey;
using actors::ports::SurveyCall;
using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

constexpr Duration kSwitchRetry{40};
constexpr Duration kSwitchRetryLongest{250};  // a migration that is slow to begin is not hammered
constexpr int kTriesUntilSlower = 80;

Duration switch_pause(int tries) {
  return std::min((1 + tries / kTriesUntilSlower) * kSwitchRetry, kSwitchRetryLongest);
}

/// A call on one VM, as it is run in a thread.
template <class T>
std::function<Result<T>(const Conn&)> about(Result<T> (*run)(const Conn&, const VmId&),
                                            const VmId& vm) {
  return [run, vm](const Conn& conn) { return run(conn, vm); };
}

Error no_link(const std::string& what, const HostId& host) {
  return {Errc::unreachable, what + ": no link to " + host.text + " at present; nothing was asked"};
}

}  // namespace

Hypervisor::Hypervisor(reactor::Loop& loop, const LibvirtSettings& settings,
                       actors::ports::HypervisorListener& listener)
    : settings_(settings),
      listener_(listener),
      events_(loop),
      scope_(loop),
      links_(loop, scope_, events_, settings_, last_owner_, link_events()),
      lane_(scope_, settings_, [this](Owner owner) { events_.cut(owner); }),
      migrate_pool_(scope_, static_cast<std::size_t>(settings.migrate_calls),
                    static_cast<std::size_t>(settings.migrate_calls)) {}

Hypervisor::~Hypervisor() {
  events_.cut_all();
}

LinkEvents Hypervisor::link_events() {
  return {
      .linked =
          [this](const HostId& host, std::vector<DomainLook> looks) {
            listener_.linked(host, std::move(looks));
            on_linked(host);
          },
      .unlinked = [this](const HostId& host,
                         std::string why) { listener_.unlinked(host, std::move(why)); },
      .announced = [this](const HostId& host, const Announcement& said) { announced(host, said); }};
}

void Hypervisor::open(const HostId& host, const std::string& uri) {
  links_.open(host, uri);
}
void Hypervisor::close(const HostId& host) {
  links_.close(host);
}

template <class T>
void Hypervisor::call(const HostId& host, const std::string& what, Errc late,
                      std::function<Result<T>(const Conn&)> run, Done<T> done) {
  const auto link = links_.find(host);
  if (!link) return scope_.post([done, error = no_link(what, host)] { done(error); });
  // What the connection announced before it answered is told before the answer.
  const Done<T> answered = [this, done = std::move(done)](const Result<T>& result) {
    events_.catch_up();
    scope_.post([done, result] { done(result); });
  };
  lane_.run<T>(
      {host, link->owner}, what, late,
      [conn = link->conn, run = std::move(run)] { return run(conn); }, answered);
}

void Hypervisor::look_up(const HostId& host, const VmId& vm, Done<DomainLook> done) {
  call<DomainLook>(host, "looking at VM " + vm.text(), Errc::unreachable,
                   about(libvirt::look_up, vm), std::move(done));
}

void Hypervisor::describe(const HostId& host, const VmId& vm, Done<std::string> done) {
  call<std::string>(host, "reading the definition of VM " + vm.text(), Errc::unreachable,
                    about(libvirt::describe, vm), std::move(done));
}

void Hypervisor::abort(const HostId& source, const VmId& vm, Done<Unit> done) {
  call<Unit>(source, "aborting the migration of VM " + vm.text(), Errc::outcome_unknown,
             about(libvirt::abort_job, vm), std::move(done));
}

void Hypervisor::survey(const SurveyCall& call, Done<Survey> done) {
  this->call<Survey>(
      call.host, "surveying the host", Errc::unreachable,
      [call](const Conn& conn) { return libvirt::survey(conn, call); }, std::move(done));
}

void Hypervisor::switch_over(const HostId& source, const VmId& vm, Done<Unit> done) {
  call<Unit>(source, "switching VM " + vm.text() + " to postcopy", Errc::outcome_unknown,
             about(start_postcopy, vm), std::move(done));
}

void Hypervisor::suspend(const HostId& host, const VmId& vm, Done<Unit> done) {
  call<Unit>(host, "suspending VM " + vm.text(), Errc::outcome_unknown, about(libvirt::suspend, vm),
             std::move(done));
}

void Hypervisor::destroy(const HostId& host, const VmId& vm, Done<Unit> done) {
  call<Unit>(host, "destroying VM " + vm.text(), Errc::outcome_unknown, about(libvirt::destroy, vm),
             std::move(done));
}

void Hypervisor::start(const HostId& host, const std::string& xml, Done<Unit> done) {
  call<Unit>(
      host, "starting a VM on " + host.text, Errc::outcome_unknown,
      [xml](const Conn& conn) { return libvirt::start(conn, xml); }, std::move(done));
}

void Hypervisor::pause_postcopy(const HostId& source, const VmId& vm, Done<Unit> done) {
  call<Unit>(source, "stopping the postcopy of VM " + vm.text(), Errc::outcome_unknown,
             about(libvirt::pause_postcopy, vm), std::move(done));
}

void Hypervisor::migrate(const MigrateCall& call, Done<Unit> done) {
  const auto id = begin(call, MigrateKind::whole, std::move(done));
  if (id && call.mode == MigrationMode::postcopy)
    scope_.after(kSwitchRetry, [this, id = *id] { try_switch(id); });
}

// It has switched long ago: nothing is asked of it any more.
void Hypervisor::resume_postcopy(const MigrateCall& call, Done<Unit> done) {
  if (const auto id = begin(call, MigrateKind::resume, std::move(done)))
    migrations_.at(*id).asked = true;
}

std::optional<Owner> Hypervisor::begin(const MigrateCall& call, MigrateKind kind, Done<Unit> done) {
  const auto fail = [&](Error error) {
    scope_.post([done = std::move(done), error = std::move(error)] { done(error); });
    return std::optional<Owner>{};
  };
  const auto link = links_.find(call.source);
  const std::string what = std::string{verb_of(kind)} + " VM " + call.vm.text();
  if (!link) return fail(no_link(what, call.source));
  if (migrations_.size() >= static_cast<std::size_t>(settings_.migrate_calls))
    return fail({Errc::busy, what + ": as many migrations as libvirt.migrate_calls run already"});
  const Owner id = ++last_owner_;
  const bool begun =
      migrate_pool_.submit([this, uri = link->uri, id, call,
                            kind] { return libvirt::migrate(uri, settings_, id, call, kind); },
                           [this, id](const MigrateEnd& end) { migrated(id, end); });
  if (!begun) return fail({Errc::busy, what + ": the pool of migrations is full"});
  migrations_[id] = {.call = call, .done = std::move(done), .link = link->owner};
  return id;
}

void Hypervisor::migrated(Owner id, const MigrateEnd& end) {
  events_.catch_up();  // the last events of it before its answer
  scope_.post([this, id, end] {
    const auto migration = migrations_.extract(id);
    migration.mapped().done(judge(migration.mapped(), end));
  });
}

// Refused by libvirt's own words, or because it is seen that nothing has moved: the guest is at the
// source without a job, and no pass over its memory was begun.
Result<Unit> Hypervisor::judge(const Migration& migration, const MigrateEnd& end) const {
  const auto link = links_.find(migration.call.source);
  const bool heard_all = link && link->owner == migration.link;
  if (end.if_no_pass && heard_all && migration.passes == 0) return *end.if_no_pass;
  return end.result;
}

void Hypervisor::announced(const HostId& host, const Announcement& announcement) {
  if (const auto* event = std::get_if<LifecycleEvent>(&announcement)) {
    const auto news = to_news(event->event, event->detail);
    if (news) listener_.news(DomainNews{host, event->vm, *news});
  } else if (const auto* pass = std::get_if<PassBegun>(&announcement)) {
    on_pass(host, *pass);
  } else if (const auto* stats = std::get_if<MigrationStats>(&announcement)) {
    MigrationStats named = *stats;
    named.source = host;
    listener_.stats(std::move(named));
  }
}

void Hypervisor::on_pass(const HostId& source, const PassBegun& pass) {
  for (auto& [id, migration] : migrations_) {
    if (migration.call.source != source || migration.call.vm != pass.vm) continue;
    migration.passes = std::max(migration.passes, pass.pass);
    const bool at_once = migration.call.mode == MigrationMode::postcopy;
    const bool after_one = migration.call.mode == MigrationMode::postcopy_after_precopy;
    if (at_once || (after_one && pass.pass >= 2)) try_switch(id);
  }
}

// Passes that began while the link was down were not heard of. So it switches now, which is safe,
// and at worst a pass too early.
void Hypervisor::on_linked(const HostId& host) {
  for (const auto& [id, migration] : migrations_)
    if (migration.call.source == host && is_switched(migration.call.mode)) try_switch(id);
}

// Again until libvirt accepts it, or the migration has ended. Being told of the first pass hits the
// right moment; trying again in between is for when that news is late or lost.
void Hypervisor::try_switch(Owner id) {
  const auto found = migrations_.find(id);
  if (found == migrations_.end() || found->second.asked) return;
  Migration& migration = found->second;
  migration.asked = true;
  const auto tried = [this, id, tries = ++migration.tries](const Result<Unit>& result) {
    const auto asked = migrations_.find(id);
    if (result.ok() || asked == migrations_.end()) return;
    asked->second.asked = false;
    scope_.after(switch_pause(tries), [this, id] { try_switch(id); });
  };
  switch_over(migration.call.source, migration.call.vm, tried);
}

}  // namespace drivers::libvirt
