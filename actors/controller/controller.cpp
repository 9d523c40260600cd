#include "actors/controller/controller.h"

#include <utility>

namespace actors {

using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

constexpr std::size_t kMostBacklog = 10'000;

template <class T>
std::optional<input::Failure> failure_of(const Result<T>& result) {
  if (result.ok()) return std::nullopt;
  return input::Failure{result.error().code, result.error().detail};
}

template <class T>
std::string detail_of(const Result<T>& result) {
  return result.ok() ? std::string{} : result.error().detail;
}

bool has_consequences(const Effect& effect) {
  return std::visit([](const auto& known) { return known.kConsequences; }, effect);
}

}  // namespace

Controller::Controller(reactor::Scheduler& loop, Ports ports, ControllerSetup setup)
    : loop_(loop),
      ports_(ports),
      setup_(std::move(setup)),
      director_(setup_.settings),
      journal_(std::to_string(setup_.wall_clock().count()), setup_.version) {
  keep_state(EntryKind::start);
  next_state_ = loop_.now() + director_.pool().settings.snapshot_every;
}

void Controller::end_turn() {
  if (inbox_.empty()) return;
  std::vector<Input> inputs = std::exchange(inbox_, {});
  const reactor::Instant now = loop_.now();
  const Turn turn = director_.turn(now, inputs);
  auto entry = journal_.turn(now, setup_.wall_clock(), std::move(inputs), turn);
  if (!entry) return;
  if (setup_.tail) {
    for (const Change& change : entry->changes)
      setup_.tail(tail_line(*entry, change));
  }
  keep(*entry);
  keep_state_when_due(now);
}

void Controller::keep_state_when_due(reactor::Instant now) {
  if (now < next_state_) return;
  next_state_ = now + director_.pool().settings.snapshot_every;
  keep_state(EntryKind::snapshot);
}

void Controller::keep_state(EntryKind kind) {
  if (setup_.journaled) keep(journal_.state(kind, loop_.now(), setup_.wall_clock(), director_));
}

// What has consequences waits until the turn stands in the journal; without a journal it is not
// done.
void Controller::keep(const JournalEntry& entry) {
  std::vector<Effect> gated;
  for (const Effect& effect : entry.effects) {
    if (has_consequences(effect)) {
      gated.push_back(effect);
    } else {
      carry(effect);
    }
  }
  if (setup_.journaled) return write(to_fields(entry), gated);
  if (!gated.empty()) write({}, gated);
}

void Controller::write(const ports::JournalFields& fields, const std::vector<Effect>& gated) {
  if (!leading_) {
    for (const Effect& effect : gated)
      refuse(effect, {Errc::unreachable, "not done: the journal can't be written now"});
    return keep_for_later(fields);
  }
  ports_.stream.append(fields, [this, fields, gated](const Result<StreamId>& result) {
    for (const Effect& effect : gated)
      result.ok() ? carry(effect) : refuse(effect, result.error());
    if (!result.ok()) keep_for_later(fields);
  });
}

void Controller::keep_for_later(ports::JournalFields fields) {
  if (!setup_.journaled) return;
  if (backlog_.size() >= kMostBacklog) {
    lost_entries_ = true;
    backlog_.pop_front();
  }
  backlog_.push_back(std::move(fields));
}

// Entries that fail once more come back here. Where some were lost, the state after them stands
// instead: a replay begins anew there.
void Controller::write_backlog() {
  const std::deque<ports::JournalFields> backlog = std::exchange(backlog_, {});
  if (std::exchange(lost_entries_, false)) return keep_state(EntryKind::gap);
  for (const ports::JournalFields& fields : backlog)
    write(fields, {});
}

void Controller::settings_changed(Settings settings, std::string difference) {
  put(input::NewSettings{std::move(settings), std::move(difference)});
}

void Controller::drill(std::vector<HostId> hosts) {
  put(input::DrillAsked{std::move(hosts)});
}

void Controller::linked(const HostId& host, std::vector<ports::DomainLook> domains) {
  put(input::Linked{host, std::move(domains)});
}

void Controller::unlinked(const HostId& host, std::string why) {
  put(input::Unlinked{host, std::move(why)});
}

void Controller::stats(ports::StatsBatch batch) {
  put(input::Stats{std::move(batch.first), std::move(batch.last), batch.malformed,
                   std::move(batch.samples)});
}

void Controller::leading(std::int64_t epoch) {
  leading_ = true;
  write_backlog();
  put(input::Leading{epoch});
  if (winding_down_) wind_down();
}

void Controller::wind_down() {
  winding_down_ = true;
  put(input::Blind{"told to end"});
}

void Controller::blind(std::string why) {
  leading_ = false;
  put(input::Blind{std::move(why)});
}

void Controller::carry(const Effect& effect) {
  std::visit([this](const auto& known) { carry_out(known); }, effect);
}

void Controller::carry_out(const effect::ReadHello& effect) {
  ports_.stream.read_hello(effect.host, [this, host = effect.host](const auto& result) {
    put(input::Hello{host, result.ok() ? std::optional{result.value()} : std::nullopt});
  });
}

void Controller::carry_out(const effect::OpenLink& effect) {
  ports_.hypervisor.open(effect.host, effect.uri);
}

void Controller::carry_out(const effect::CloseLink& effect) {
  ports_.hypervisor.close(effect.host);
}

void Controller::carry_out(const effect::LookAt& effect) {
  ports_.hypervisor.look_up(effect.host, effect.vm, [this, effect](const auto& result) {
    put(input::LookDone{effect.host, effect.vm,
                        result.ok() ? std::optional{result.value()} : std::nullopt});
  });
}

void Controller::carry_out(const effect::Survey& effect) {
  ports_.hypervisor.survey(effect.call, [this, host = effect.call.host](const auto& result) {
    put(input::Surveyed{host, result.ok() ? std::optional{result.value()} : std::nullopt});
  });
}

void Controller::carry_out(const effect::ReadPower& effect) {
  ports_.wake.read(effect.host, [this, host = effect.host](const auto& result) {
    put(input::PowerDone{host, result.ok() ? std::optional{result.value()} : std::nullopt,
                         detail_of(result)});
  });
}

// Instants mean nothing to the next controller: what is kept counts from 1970.
void Controller::carry_out(const effect::KeepWakes& effect) {
  ports_.stream.keep_wakes(effect.host, effect.wakes.kept(since_1970()),
                           [](const Result<Unit>&) {});
}

void Controller::carry_out(const effect::ReadWakes& effect) {
  ports_.stream.read_wakes(effect.host, [this, host = effect.host](const auto& result) {
    const bool none = !result.ok() && result.error().code == Errc::refused;
    // What can't be read is as good as none: the host shows anew that it wakes.
    put(input::WakesRead{
        host, result.ok() ? WakeRecord::read(result.value(), since_1970()) : std::nullopt,
        none ? std::nullopt : failure_of(result)});
  });
}

Duration Controller::since_1970() const {
  return setup_.wall_clock() - loop_.now().time_since_epoch();
}

void Controller::carry_out(const effect::KeepDefinition& effect) {
  const auto finish = [this, id = effect.migration](const Result<Unit>& result) {
    put(input::DefinitionDone{id, failure_of(result)});
  };
  ports_.hypervisor.describe(effect.move.source, effect.move.vm,
                             [this, move = effect.move, finish](const Result<std::string>& xml) {
                               if (!xml.ok()) return finish(xml.error());
                               ports_.stream.keep_definition(move, xml.value(), finish);
                             });
}

void Controller::carry_out(const effect::MarkDefinition& effect) {
  ports_.stream.mark_definition(effect.move,
                                [this, id = effect.migration](const Result<Unit>& result) {
                                  put(input::DefinitionDone{id, failure_of(result)});
                                });
}

void Controller::carry_out(const effect::ReadMoves&) {
  ports_.stream.read_moves([this](const Result<std::vector<ports::KeptMove>>& result) {
    put(input::MovesRead{result.ok() ? result.value() : std::vector<ports::KeptMove>{},
                         failure_of(result)});
  });
}

void Controller::carry_out(const effect::DropDefinition& effect) {
  ports_.stream.drop_definition(effect.vm);
}

void Controller::carry_out(const effect::Migrate& effect) {
  ports_.hypervisor.migrate(effect.call, [this, id = effect.migration](const auto& result) {
    put(input::MigrateDone{id, failure_of(result)});
  });
}

// What comes of it shows in the end of the migrate call and in the looks at both ends.
void Controller::carry_out(const effect::AbortMigration& effect) {
  ports_.hypervisor.abort(effect.source, effect.vm, [](const Result<Unit>&) {});
}

// Whether it was stopped shows in the looks at both ends too.
void Controller::carry_out(const effect::PausePostcopy& effect) {
  ports_.hypervisor.pause_postcopy(effect.source, effect.vm, [](const Result<Unit>&) {});
}

void Controller::carry_out(const effect::ResumePostcopy& effect) {
  ports_.hypervisor.resume_postcopy(effect.call, [this, id = effect.migration](const auto& result) {
    put(input::ResumeDone{id, failure_of(result)});
  });
}

// What came of these two shows at the next look.
void Controller::carry_out(const effect::SwitchOver& effect) {
  ports_.hypervisor.switch_over(effect.source, effect.vm, [](const Result<Unit>&) {});
}

void Controller::carry_out(const effect::SuspendDomain& effect) {
  ports_.hypervisor.suspend(effect.host, effect.vm, [](const Result<Unit>&) {});
}

// That one of these two went well shows at the next look.
void Controller::carry_out(const effect::DestroyRemains& effect) {
  ports_.hypervisor.destroy(effect.host, effect.vm, [this, effect](const Result<Unit>& result) {
    if (const auto failure = failure_of(result))
      put(input::ClearingFailed{effect.host, effect.vm, *failure});
  });
}

void Controller::carry_out(const effect::StartAnew& effect) {
  const auto finish = [this, effect](const Result<Unit>& result) {
    if (const auto failure = failure_of(result))
      put(input::ClearingFailed{effect.host, effect.vm, *failure});
  };
  ports_.stream.read_definition(effect.vm, [this, effect, finish](const Result<std::string>& xml) {
    if (xml.ok()) return ports_.hypervisor.start(effect.host, xml.value(), finish);
    const bool none = xml.error().code == Errc::refused;
    finish(Error{none ? Errc::refused : Errc::busy, xml.error().detail});
  });
}

void Controller::carry_out(const effect::GiveOrder& effect) {
  ports_.orders.give(effect.host, effect.order, [this, effect](const Result<OrderId>& result) {
    put(input::OrderDone{effect.host, effect.order.kind,
                         result.ok() ? std::optional{result.value()} : std::nullopt,
                         detail_of(result), effect.order.vm});
  });
}

void Controller::carry_out(const effect::WakeHost& effect) {
  ports_.wake.wake(effect.host, static_cast<int>(effect.way),
                   [this, effect](const Result<Unit>& result) {
                     put(input::WakeDone{effect.host, effect.attempt, failure_of(result)});
                   });
}

void Controller::carry_out(const effect::SendAlert& effect) {
  if (!setup_.alert) return;
  const Duration wall = setup_.wall_clock();
  const Duration since = wall - (loop_.now() - effect.alert.since);
  setup_.alert(alert_line(effect.alert, director_.pool().settings.pool, since, wall),
               [this](const Result<Unit>& result) { put(input::AlertDone{failure_of(result)}); });
}

// Answered like the call that was not made, so that its actor goes on; posted, as it is in a turn.
void Controller::refuse(const Effect& effect, const Error& why) {
  const input::Failure failure{why.code == Errc::outcome_unknown ? Errc::unreachable : why.code,
                               why.detail};
  if (const auto* keep = std::get_if<effect::KeepDefinition>(&effect)) {
    put(input::DefinitionDone{keep->migration, failure});
  } else if (const auto* mark = std::get_if<effect::MarkDefinition>(&effect)) {
    put(input::DefinitionDone{mark->migration, input::Failure{Errc::busy, why.detail}});
  } else if (const auto* migrate = std::get_if<effect::Migrate>(&effect)) {
    put(input::MigrateDone{migrate->migration, input::Failure{Errc::busy, why.detail}});
  } else if (const auto* resume = std::get_if<effect::ResumePostcopy>(&effect)) {
    put(input::ResumeDone{resume->migration, input::Failure{Errc::busy, why.detail}});
  } else if (const auto* part = std::get_if<effect::DestroyRemains>(&effect)) {
    put(input::ClearingFailed{part->host, part->vm, {Errc::busy, why.detail}});
  } else if (const auto* anew = std::get_if<effect::StartAnew>(&effect)) {
    put(input::ClearingFailed{anew->host, anew->vm, {Errc::busy, why.detail}});
  } else if (const auto* order = std::get_if<effect::GiveOrder>(&effect)) {
    put(input::OrderDone{order->host, order->order.kind, std::nullopt, why.detail,
                         order->order.vm});
  }
}

}  // namespace actors
