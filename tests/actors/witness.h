// A director whose every turn is journaled and held against DESIGN.md §8, from outside.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "actors/controller/journal.h"
#include "actors/controller/replay.h"

class Witness {
 public:
  explicit Witness(actors::Settings settings)
      : director_(std::make_unique<actors::Director>(std::move(settings))) {
    keep(journal_.state(actors::EntryKind::start, {}, {}, *director_));
  }

  actors::Turn turn(reactor::Instant now, std::vector<actors::Input> inputs) {
    actors::Turn out = director_->turn(now, inputs);
    check_effects(out);
    check_desks();
    check_texts(out);
    changes_.insert(changes_.end(), out.changes.begin(), out.changes.end());
    if (auto entry = journal_.turn(now, {}, std::move(inputs), out)) keep(*std::move(entry));
    return out;
  }
  void keep_state(reactor::Instant now) {
    keep(journal_.state(actors::EntryKind::snapshot, now, {}, *director_));
  }

  const actors::Director& director() const { return *director_; }
  const actors::Pool& pool() const { return director_->pool(); }
  const std::vector<actors::Change>& changes() const { return changes_; }
  const std::vector<actors::ports::JournalFields>& journal() const { return entries_; }

  /// As a replay reads it.
  actors::JournalEntry with_samples(actors::JournalEntry entry) const {
    for (actors::Input& input : entry.inputs)
      if (auto* stats = std::get_if<actors::input::Stats>(&input))
        stats->samples = stream_.at(stats->first.text);
    return entry;
  }

  /// From the start, and from a few of the states that were kept on the way.
  void check_replays() {
    keep_state(last_);
    const std::size_t every = 1 + states_.size() / 4;
    for (std::size_t i = 0; i < states_.size(); i += every)
      check_replay(states_[i]);
  }

 private:
  void keep(actors::JournalEntry entry) {
    last_ = entry.t;
    if (entry.state) states_.push_back(entries_.size());
    for (const actors::Input& input : entry.inputs)
      if (const auto* stats = std::get_if<actors::input::Stats>(&input))
        stream_[stats->first.text] = stats->samples;
    entries_.push_back(actors::to_fields(entry));
  }

  void check_replay(std::size_t from) const {
    actors::Replay replay;
    for (std::size_t i = from; i < entries_.size(); ++i) {
      auto entry = actors::read_entry(entries_[i]);
      REQUIRE(entry.ok());
      const auto difference = replay.feed(with_samples(std::move(entry).value()));
      REQUIRE(difference.ok());
      if (!difference.value()) continue;
      CAPTURE(difference.value()->turn);
      CAPTURE(difference.value()->journal);
      CAPTURE(difference.value()->replay);
      FAIL(difference.value()->what);
    }
    CHECK(replay.holes() == 0);
    CHECK((replay.states() > 0 || from + 1 == entries_.size()));
  }

  /// Whom a host is needed by, counted here anew.
  std::int64_t needed_by(const actors::HostId& host) const {
    std::int64_t count = 0;
    for (const auto& [id, vm] : pool().vms)
      count += vm.actor.host() == host || vm.actor.target() == host ? 1 : 0;
    for (const auto& [id, migration] : pool().migrations)
      count += migration.plan().source == host || migration.plan().target == host ? 1 : 0;
    return count;
  }

  void check_effects(const actors::Turn& turn) const {
    for (const actors::Effect& effect : turn.effects) {
      const bool keeps = std::holds_alternative<actors::effect::KeepDefinition>(effect);
      REQUIRE_FALSE((keeps && director_->blind()));
      const auto* order = std::get_if<actors::effect::GiveOrder>(&effect);
      if (!order || order->order.kind != actors::ports::OrderKind::suspend) continue;
      CAPTURE(order->host.text);
      REQUIRE_FALSE(director_->blind());
      REQUIRE(needed_by(order->host) == 0);
    }
    std::set<actors::VmId> moving;
    for (const auto& [id, migration] : pool().migrations)
      REQUIRE(moving.insert(migration.plan().vm).second);
  }

  // A VM and its desk agree at the end of each turn, so neither waits for the other for ever.
  void check_desks() const {
    using actors::RequestState;
    for (const auto& [name, host] : pool().hosts) {
      if (host.plan.role != actors::Role::warehouse) continue;
      REQUIRE(host.desk.tickets_out() <= pool().settings.tickets);
      std::int64_t tickets = 0, waiting = 0;
      for (const auto& [id, vm] : pool().vms) {
        const auto state = host.desk.state_of(id);
        tickets += state == RequestState::granted || state == RequestState::moving ? 1 : 0;
        waiting += state == RequestState::queued ? 1 : 0;
        check_request(id, vm.actor, name, state);
      }
      REQUIRE(tickets == host.desk.tickets_out());
      REQUIRE(waiting == host.desk.waiting());
    }
  }

  void check_request(const actors::VmId& id, const actors::VmActor& vm, const actors::HostId& host,
                     std::optional<actors::RequestState> state) const {
    using actors::RequestState;
    using actors::VmState;
    CAPTURE(id.text());
    CAPTURE(host.text);
    if (vm.state() == VmState::queued && vm.desk() == host) REQUIRE(state == RequestState::queued);
    if (vm.state() == VmState::returning && vm.target() == host)
      REQUIRE(state == (vm.began() ? RequestState::moving : RequestState::granted));
    if (state == RequestState::queued) REQUIRE(vm.desk() == host);
    if (state == RequestState::granted) REQUIRE(vm.target() == host);
    if (state == RequestState::moving) REQUIRE(pool().migration_of(id) != nullptr);
  }

  static void check_texts(const actors::Turn& turn) {
    for (const actors::Change& change : turn.changes) {
      CAPTURE(name_of(change.reason.code));
      REQUIRE(to_text(change.reason).find('?') == std::string::npos);
    }
  }

  std::unique_ptr<actors::Director> director_;
  actors::Journal journal_{"run1", "0"};
  std::vector<actors::Change> changes_;
  std::vector<actors::ports::JournalFields> entries_;
  std::vector<std::size_t> states_;  ///< entries that a replay may begin at
  std::map<std::string, std::vector<actors::ports::HostSample>> stream_;
  reactor::Instant last_{};
};
