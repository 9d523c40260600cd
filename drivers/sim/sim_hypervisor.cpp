#include "drivers/sim/sim_hypervisor.h"

#include <utility>

namespace drivers::sim {

using actors::ports::DomainLook;
using actors::ports::Done;
using actors::ports::MigrateCall;
using actors::ports::Survey;
using actors::ports::SurveyCall;
using reactor::Errc;
using reactor::Error;
using reactor::Unit;

namespace {

constexpr Duration kConnects{50};
constexpr Duration kAnswers{5};
constexpr Duration kEventArrives{2};
constexpr Duration kKeepaliveGivesUp{6'000};  // conf.yaml: libvirt.keepalive_*
constexpr Duration kRefuses{50};
constexpr Duration kStarts{500};

constexpr std::string_view kHead = "<domain><uuid>", kTail = "</uuid></domain>";

std::string definition_of(const VmId& vm) {
  return std::string{kHead} + vm.text() + std::string{kTail};
}

VmId vm_of(const std::string& definition) {
  const std::size_t length = definition.size() - kHead.size() - kTail.size();
  return VmId::parse(definition.substr(kHead.size(), length)).value_or(VmId{});
}

actors::ports::VmNeeds needs_of(const VmId& vm, const VmModel& model) {
  return {.vm = vm,
          .name = model.name,
          .memory = model.memory,
          .virt = "kvm",
          .arch = "x86_64",
          .machine = "pc",
          .cpu = {},
          .page_sizes = {},
          .files = {},
          .ties = {}};
}

}  // namespace

SimHypervisor::SimHypervisor(reactor::Scheduler& loop, World& world, Migrator& migrator,
                             const Faults& faults)
    : loop_(loop), world_(world), migrator_(migrator), faults_(faults) {
  world.add(*this);
  migrator.on_stats([this](std::size_t source, const actors::ports::MigrationStats& stats) {
    loop_.after(kEventArrives, [this, source, stats] {
      if (linked_.contains(source)) listener_->stats(stats);
    });
  });
}

bool SimHypervisor::daemon_runs(std::size_t host) const {
  const Host& there = world_.hosts()[host];
  return there.power == HostPower::awake &&
         !faults_.now(FaultKind::libvirtd_killed, there.model.plan.name);
}

bool SimHypervisor::answers(std::size_t host) const {
  return daemon_runs(host) &&
         !faults_.now(FaultKind::link_lost, world_.hosts()[host].model.plan.name);
}

void SimHypervisor::open(const HostId& host, const std::string& /*uri*/) {
  const auto place = world_.find(host);
  if (!place) return;
  wanted_.insert(*place);
  connect(*place);
}

void SimHypervisor::close(const HostId& host) {
  const auto place = world_.find(host);
  if (!place) return;
  wanted_.erase(*place);
  linked_.erase(*place);
}

void SimHypervisor::connect(std::size_t host) {
  loop_.after(kConnects, [this, host] {
    if (!wanted_.contains(host) || !answers(host) || !linked_.insert(host).second) return;
    std::vector<DomainLook> looks;
    for (const Domain& domain : world_.hosts()[host].domains)
      looks.push_back(world_.look(host, domain.vm));
    listener_->linked(world_.hosts()[host].model.plan.name, std::move(looks));
  });
}

void SimHypervisor::lose(std::size_t host) {
  loop_.after(kKeepaliveGivesUp, [this, host] {
    if (!answers(host)) unlink(host, "did not answer 3 keepalives in 6 s");
  });
}

void SimHypervisor::client_ended() {
  wanted_.clear();
  linked_.clear();
  calls_.clear();
}

void SimHypervisor::reset(std::size_t host) {
  unlink(host, "closed the connection");
  power_changed(host);
}

// What was asked for over it may go on; nobody is told.
void SimHypervisor::unlink(std::size_t host, const std::string& why) {
  const HostId& name = world_.hosts()[host].model.plan.name;
  if (linked_.erase(host) > 0) listener_->unlinked(name, name.text + " " + why);
  std::vector<int> lost;
  for (const auto& [number, call] : calls_)
    if (call.source == host) lost.push_back(number);
  for (const int number : lost)
    call_ended(number, Error{Errc::outcome_unknown, "libvirt of " + name.text + " " + why});
}

// While its source can't be heard, the answer waits; if the link is given up, nobody gets it.
void SimHypervisor::call_ends(int call, std::size_t source, const reactor::Result<Unit>& result) {
  if (!calls_.contains(call)) return;
  if (answers(source)) return call_ended(call, result);
  loop_.after(kKeepaliveGivesUp, [=, this] { call_ends(call, source, result); });
}

void SimHypervisor::call_ended(int call, const reactor::Result<Unit>& result) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;
  const Done<Unit> done = std::move(found->second.done);
  calls_.erase(found);
  done(result);
}

void SimHypervisor::check_links() {
  for (std::size_t host = 0; host < world_.hosts().size(); ++host)
    power_changed(host);
}

void SimHypervisor::power_changed(std::size_t host) {
  if (!wanted_.contains(host)) return;
  if (answers(host)) return connect(host);
  lose(host);
}

void SimHypervisor::happened(std::size_t host, std::size_t vm, actors::ports::News news) {
  if (!answers(host)) return;
  loop_.after(kEventArrives, [this, host, vm, news] {
    if (linked_.contains(host))
      listener_->news({world_.hosts()[host].model.plan.name, world_.vms()[vm].id, news});
  });
}

std::optional<std::size_t> SimHypervisor::linked(const HostId& host) const {
  const auto place = world_.find(host);
  return place && linked_.contains(*place) && answers(*place) ? place : std::nullopt;
}

template <class T>
void SimHypervisor::answer_unreachable(const HostId& host, const Done<T>& done) {
  loop_.after(kAnswers, [host, done] {
    done(Error{Errc::unreachable, "libvirt of " + host.text + ": no link"});
  });
}

void SimHypervisor::look_up(const HostId& host, const VmId& vm, Done<DomainLook> done) {
  const auto place = linked(host);
  if (!place) return answer_unreachable(host, done);
  const auto known = world_.find(vm);
  loop_.after(kAnswers, [this, place, vm, known, done = std::move(done)] {
    done(known ? world_.look(*place, *known) : DomainLook{.vm = vm});
  });
}

void SimHypervisor::describe(const HostId& host, const VmId& vm, Done<std::string> done) {
  const auto place = linked(host);
  if (!place) return answer_unreachable(host, done);
  const auto known = world_.find(vm);
  const bool there = known && world_.domain(*place, *known);
  loop_.after(kAnswers, [vm, there, done = std::move(done)] {
    if (there) return done(definition_of(vm));
    done(Error{Errc::refused, "Domain not found: " + vm.text()});
  });
}

// All hosts are alike.
void SimHypervisor::survey(const SurveyCall& call, Done<Survey> done) {
  const auto place = linked(call.host);
  if (!place) return answer_unreachable(call.host, done);
  const actors::Kib memory = world_.hosts()[*place].model.memory;
  Survey out;
  out.offers = {.libvirt_version = 9'000'000,
                .qemu_version = 7'002'000,
                .uuid = call.host.text,
                .memory = memory,
                .free = memory,
                .guests = {{"kvm", "x86_64", {"pc"}}},
                .huge_pages = {},
                .defined = {}};
  for (const VmId& vm : call.vms)
    if (const auto known = world_.find(vm); known && world_.domain(*place, *known))
      out.vms.push_back(needs_of(vm, world_.vms()[*known].model));
  loop_.after(kAnswers, [out = std::move(out), done = std::move(done)] { done(out); });
}

void SimHypervisor::migrate(const MigrateCall& call, Done<Unit> done) {
  begin_call(call.source, std::move(done),
             [this, call](const Done<Unit>& answer) { migrate_now(call, answer); });
}

void SimHypervisor::resume_postcopy(const MigrateCall& call, Done<Unit> done) {
  begin_call(call.source, std::move(done),
             [this, call](const Done<Unit>& answer) { resume_now(call, answer); });
}

void SimHypervisor::begin_call(const HostId& at, Done<Unit> done, const Begin& begin) {
  const auto source = linked(at);
  if (!source) return answer_unreachable(at, done);
  const int number = ++last_call_;
  calls_.emplace(number, Call{*source, std::move(done)});
  loop_.after(kRefuses, [this, begin, number, source = *source] {
    begin([this, number, source](const auto& result) { call_ends(number, source, result); });
  });
}

void SimHypervisor::migrate_now(const MigrateCall& call, const Done<Unit>& done) {
  const auto vm = world_.find(call.vm);
  const auto source = world_.find(call.source), target = world_.find(call.target);
  if (!vm || !source || !target) return done(Error{Errc::refused, "Domain or host not found"});
  if (faults_.now(FaultKind::migration_refused, call.source))
    return done(Error{Errc::refused, "migrating " + world_.vms()[*vm].model.name + " from " +
                                         call.source.text +
                                         ": operation is not supported by this hypervisor"});
  const Error closed{Errc::outcome_unknown,
                     "migrating " + world_.vms()[*vm].model.name + ": client socket is closed"};
  if (faults_.now(FaultKind::request_lost, call.source) || !daemon_runs(*target))
    return done(closed);
  if (!faults_.now(FaultKind::answer_lost, call.source))
    return migrator_.begin(*vm, *source, *target, call.mode, done);
  migrator_.begin(*vm, *source, *target, call.mode, [](const auto&) {});
  done(closed);
}

void SimHypervisor::resume_now(const MigrateCall& call, const Done<Unit>& done) {
  const auto vm = world_.find(call.vm);
  const auto target = world_.find(call.target);
  if (!vm || !target) return done(Error{Errc::refused, "Domain or host not found"});
  const bool breaks = faults_.now(FaultKind::postcopy_broken, call.source) ||
                      faults_.now(FaultKind::postcopy_broken, call.target);
  if (breaks || !daemon_runs(*target))
    return done(Error{Errc::outcome_unknown, "resuming: client socket is closed"});
  migrator_.resume(*vm, done);
}

void SimHypervisor::abort(const HostId& source, const VmId& vm, Done<Unit> done) {
  stop(source, vm, std::move(done), [this](std::size_t known) { return migrator_.abort(known); });
}

// No VM of the models ever runs twice, which is what it is for.
void SimHypervisor::suspend(const HostId& host, const VmId& vm, Done<Unit> done) {
  refuse(host, "domain is not running: " + vm.text(), std::move(done));
}

void SimHypervisor::switch_over(const HostId& source, const VmId& vm, Done<Unit> done) {
  stop(source, vm, std::move(done),
       [this](std::size_t known) { return migrator_.switch_over(known); });
}

void SimHypervisor::refuse(const HostId& host, const std::string& why, Done<Unit> done) {
  if (!linked(host)) return answer_unreachable(host, done);
  loop_.after(kAnswers, [why, done = std::move(done)] { done(Error{Errc::refused, why}); });
}

void SimHypervisor::destroy(const HostId& host, const VmId& vm, Done<Unit> done) {
  const auto place = linked(host);
  if (!place) return answer_unreachable(host, done);
  loop_.after(kAnswers, [this, vm, place = *place, done = std::move(done)] {
    const auto known = world_.find(vm);
    if (!known || !world_.domain(place, *known))
      return done(Error{Errc::refused, "Domain not found: " + vm.text()});
    world_.vanish(place, *known);
    migrator_.domain_destroyed(*known);
    world_.announce(place, *known, actors::ports::News::stopped);
    done(Unit{});
  });
}

void SimHypervisor::start(const HostId& host, const std::string& xml, Done<Unit> done) {
  const auto place = linked(host);
  if (!place) return answer_unreachable(host, done);
  loop_.after(kStarts, [this, xml, place = *place, done = std::move(done)] {
    const auto known = world_.find(vm_of(xml));
    const bool fits =
        known && world_.vms()[*known].on.empty() && world_.hosts()[place].power == HostPower::awake;
    if (!fits) return done(Error{Errc::refused, "the domain is there already"});
    world_.begin(place, *known);
    done(Unit{});
  });
}

void SimHypervisor::pause_postcopy(const HostId& source, const VmId& vm, Done<Unit> done) {
  stop(source, vm, std::move(done), [this](std::size_t known) { return migrator_.pause(known); });
}

void SimHypervisor::stop(const HostId& source, const VmId& vm, Done<Unit> done, const Stop& how) {
  if (!linked(source)) return answer_unreachable(source, done);
  loop_.after(kAnswers, [this, vm, how, done = std::move(done)] {
    const auto known = world_.find(vm);
    if (!known) return done(Error{Errc::refused, "Domain not found: " + vm.text()});
    done(how(*known));
  });
}

}  // namespace drivers::sim
