// Puts the director to work on the ports: collects a turn's inputs, runs the turn, has it
// journaled, and carries out its effects in the order that DESIGN.md §5 asks for.
//
// Knows ports, not drivers: the same controller runs live and on models. It decides nothing.
#pragma once

#include <deque>
#include <functional>

#include "actors/controller/journal.h"
#include "reactor/scheduler.h"

namespace actors {

struct Ports {
  ports::Hypervisor& hypervisor;
  ports::HostWake& wake;
  ports::Orders& orders;
  ports::Stream& stream;
};

struct ControllerSetup {
  Settings settings;
  std::string version;
  std::function<Duration()> wall_clock;   ///< since 1970; for people only
  std::function<void(std::string)> tail;  ///< gets each line for people; none: none is made
  /// Tells people of an alert (alert_line()); none: nobody does.
  std::function<void(std::string, ports::Done<reactor::Unit>)> alert{};
  /// false: entries are not made, only waited for, so that all else goes as it would with them. For
  /// simulations that nobody reads back.
  bool journaled = true;
};

class Controller final : public ports::HypervisorListener, public ports::StreamListener {
 public:
  Controller(reactor::Scheduler& loop, Ports ports, ControllerSetup setup);

  /// To be called each 100 ms, and at the end of each of the loop's turns.
  void tick() { put(input::Ticked{}); }
  void end_turn();
  void settings_changed(Settings settings, std::string difference);
  /// These hosts are to show that they wake, one after the other.
  void drill(std::vector<HostId> hosts);
  /// No new moves and no suspends from now on; what runs is driven to its end.
  void wind_down();

  const Director& director() const { return director_; }
  /// Migrations that have begun and are not over.
  std::size_t migrations() const { return director_.pool().migrations.size(); }

  // Listeners.
  void linked(const HostId& host, std::vector<ports::DomainLook> domains) override;
  void unlinked(const HostId& host, std::string why) override;
  void news(ports::DomainNews news) override { put(input::News{std::move(news)}); }
  void stats(ports::MigrationStats stats) override { put(input::Counted{std::move(stats)}); }
  void stats(ports::StatsBatch batch) override;
  void reply(ports::Reply reply) override { put(input::AgentReply{std::move(reply)}); }
  void leading(std::int64_t epoch) override;
  void blind(std::string why) override;

 private:
  void put(Input input) { inbox_.push_back(std::move(input)); }
  void keep(const JournalEntry& entry);
  void keep_state(EntryKind kind);
  void keep_state_when_due(reactor::Instant now);
  void write(const ports::JournalFields& fields, const std::vector<Effect>& gated);
  void keep_for_later(ports::JournalFields fields);
  void write_backlog();

  // Each effect once: carried out, or answered as not done.
  void carry(const Effect& effect);
  void carry_out(const effect::ReadHello& effect);
  void carry_out(const effect::OpenLink& effect);
  void carry_out(const effect::CloseLink& effect);
  void carry_out(const effect::LookAt& effect);
  void carry_out(const effect::Survey& effect);
  void carry_out(const effect::ReadPower& effect);
  void carry_out(const effect::KeepDefinition& effect);
  void carry_out(const effect::MarkDefinition& effect);
  void carry_out(const effect::DropDefinition& effect);
  void carry_out(const effect::ReadMoves& effect);
  void carry_out(const effect::Migrate& effect);
  void carry_out(const effect::AbortMigration& effect);
  void carry_out(const effect::PausePostcopy& effect);
  void carry_out(const effect::ResumePostcopy& effect);
  void carry_out(const effect::SwitchOver& effect);
  void carry_out(const effect::SuspendDomain& effect);
  void carry_out(const effect::DestroyRemains& effect);
  void carry_out(const effect::StartAnew& effect);
  void carry_out(const effect::KeepWakes& effect);
  void carry_out(const effect::ReadWakes& effect);
  void carry_out(const effect::GiveOrder& effect);
  void carry_out(const effect::WakeHost& effect);
  void carry_out(const effect::SendAlert& effect);
  void refuse(const Effect& effect, const reactor::Error& why);

  Duration since_1970() const;

  reactor::Scheduler& loop_;
  Ports ports_;
  ControllerSetup setup_;
  Director director_;
  Journal journal_;
  std::vector<Input> inbox_;
  bool leading_ = false;
  bool winding_down_ = false;
  bool lost_entries_ = false;                 ///< the backlog overflowed: a gap
  std::deque<ports::JournalFields> backlog_;  ///< turns of a blind time, bounded
  reactor::Instant next_state_{};
};

}  // namespace actors
