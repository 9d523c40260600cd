// Live migrations as QEMU and libvirt do them: which domain is where in which state, what is
// announced in which order, how long it takes. Sources: LAB.md §5 (order of events, states), paper
// §III-A.
//
// Postcopy switches at once, then the memory follows, and the VM waits for pages that are missing.
// Precopy sends what was updated during one pass in the next; it ends when the rest takes no longer
// than the downtime limit, which may be never.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "actors/ports/hypervisor.h"
#include "drivers/sim/network.h"
#include "drivers/sim/world.h"

namespace drivers::sim {

/// A migration that is over, however it ended.
struct MigrationRecord {
  std::size_t vm = 0, source = 0, target = 0;
  actors::ports::MigrationMode mode{};
  Duration began{}, ended{};   ///< the call came, and returned
  Duration downtime{};         ///< from the source's stop till the target runs it
  std::int64_t missed_ns = 0;  ///< CPU time that it would have asked for meanwhile
  bool completed = false;
};

class Migrator {
 public:
  using Done = actors::ports::Done<reactor::Unit>;
  using OnStats = std::function<void(std::size_t source, actors::ports::MigrationStats)>;

  Migrator(reactor::Scheduler& loop, World& world, const LinkModel& link);

  /// job-completed events of libvirt go there.
  void on_stats(OnStats told) { on_stats_ = std::move(told); }
  /// Who counts migrations is told of each one's end.
  void on_end(std::function<void(const MigrationRecord&)> told) { on_end_ = std::move(told); }

  /// `done`: as libvirt's call returns. Errors: refused (it does not run there, is migrating, or
  /// runs there already), outcome_unknown (it was aborted).
  void begin(std::size_t vm, std::size_t source, std::size_t target,
             actors::ports::MigrationMode mode, Done done);
  /// Errors: refused (there is none, or it has switched).
  reactor::Result<reactor::Unit> abort(std::size_t vm);

  /// Makes a postcopy of one that may be either. Errors: refused (there is none, it is not copied
  /// yet, allows no postcopy, or has switched).
  reactor::Result<reactor::Unit> switch_over(std::size_t vm);

  /// Stops the source's side of one that has switched: both ends fail, the target once it hears of
  /// it. Errors: refused (there is none, it has not switched, or has everything).
  reactor::Result<reactor::Unit> pause(std::size_t vm);
  /// Goes on with one that has failed at both ends. Errors, by `done`: refused (one has not),
  /// outcome_unknown (no way between them).
  void resume(std::size_t vm, Done done);

  /// The target's kernel ends the connection by which it comes in: its QEMU notices at once.
  /// Errors: refused (there is none, or pages come by it).
  reactor::Result<reactor::Unit> end_incoming(std::size_t vm, std::size_t host);

  // What goes wrong; drivers/sim/migrator_breaks.cpp.
  /// The connections of its migrations break, and both ends of each notice (LAB.md §6 C4).
  void break_postcopies(std::size_t host);
  /// The host's libvirtd was killed. Guests live on.
  void daemon_died(std::size_t host);
  /// A domain of this VM was ended by hand; with it goes its migration, if it has one.
  void domain_destroyed(std::size_t vm);
  /// Its guest has shut itself down at that end, whose domain is gone already.
  void guest_shut_down(std::size_t vm, std::size_t host);
  /// Its domains are gone already.
  void host_died(std::size_t host);
  /// Who notices there, as a target, that the source's side was stopped.
  enum class Notices { both, libvirt, neither };  ///< QEMU and libvirt; libvirt is told
  void deafen(std::size_t host, Notices notices);
  /// Nothing moves to or from the host; `cut`: and after a while its ends notice.
  void hold(std::size_t host, bool held, bool cut);

  std::size_t under_way() const { return moves_.size(); }
  bool migrating(std::size_t vm) const { return moves_.contains(vm); }
  /// It has a part in a migration: pages come or go. Not so one that died, whatever the other end
  /// thinks.
  bool involves(std::size_t host) const;

 private:
  struct Move {
    std::size_t vm, source, target;
    actors::ports::MigrationMode mode;
    Done done;
    Instant began{}, stopped{}, resumed{};
    std::int64_t missed_ns = 0;
    bool postcopy = false;  ///< memory follows it; one that may be either is switched to it
    bool switched = false, arrived = false;
    bool broken = false;   ///< one end is dead, and the other has yet to notice
    bool failed = false;   ///< stopped after the switch, till it is resumed
    bool unaware = false;  ///< so libvirt says at the target, but its QEMU waits for the source
    bool over = false;     ///< no host has a part in it any more; the call has yet to return
    std::int64_t passes = 0, bytes = 0;
    std::int64_t dirty_bytes_s = 0;  ///< in the last pass
    std::int64_t cpu_ns = 0;         ///< of the source's domain when this pass began
    std::int64_t rest = 0;           ///< postcopy: still to come after the switch
    Instant pass_began{};
    Network::FlowId flow = 0;
    int serial = 0;  ///< tells it from an earlier one of the same VM
  };
  enum class Stage { before_switch, switched, resumed, arrived };
  using Step = void (Migrator::*)(Move&);

  void after(Duration delay, const Move& move, Step step);
  void send(Move& move, std::int64_t bytes, Step then,
            std::int64_t most_bytes_s = Network::kNoLimit);
  Move* find(std::size_t vm, int serial);

  void accepted(Move& move);
  void pass(Move& move, std::int64_t bytes);
  void pass_ended(Move& move);
  void stop_source(Move& move);
  void run_on_target(Move& move);
  void fault_pages(Move& move);
  void resumed(Move& move);
  void all_arrived(Move& move);
  void source_gone(Move& move);
  void report(Move& move);
  void call_returns(Move& move);
  void finish(Move& move, const reactor::Result<reactor::Unit>& result);
  void answer(Move& move, const reactor::Result<reactor::Unit>& result);
  static Stage stage_of(const Move& move);
  std::vector<std::size_t> moves_at(std::size_t host) const;
  void stop(Move& move);
  void give_up(Move& move, const std::string& why);
  void fail_source(Move& move, const std::string& why);
  void lose(Move& move);
  void fail(Move& move, const std::string& why);
  void fail_target(Move& move);
  void target_failed(Move& move);
  reactor::Result<reactor::Unit> end_before_resume(Move& move);
  reactor::Result<reactor::Unit> end_old(Move& move);
  void daemon_of_target_died(Move& move);
  void target_gave_up(Move& move);
  void target_noticed(Move& move);
  void source_noticed(Move& move);
  void ends_noticed(Move& move);
  MigrationRecord record_of(const Move& move, bool completed) const;
  std::int64_t memory_of(const Move& move) const;
  std::int64_t updated_since_pass_began(Move& move);

  reactor::Scheduler& loop_;
  World& world_;
  const LinkModel link_;
  const std::int64_t usable_bytes_s_;
  Network network_;
  OnStats on_stats_;
  std::function<void(const MigrationRecord&)> on_end_;
  std::map<std::size_t, Move> moves_;
  std::set<std::size_t> cut_;              ///< hosts
  std::map<std::size_t, Notices> notice_;  ///< of hosts where not both do
  int serial_ = 0;
};

}  // namespace drivers::sim
