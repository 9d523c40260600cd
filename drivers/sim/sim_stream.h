// The port Stream, and what agents write, without Redis: the journal, `stats` with entry ids, the
// hosts' hashes and their words on orders, all in memory.
//
// While Redis is gone nothing is written and nobody hears anything; samples wait at their agents,
// as many as an agent keeps, and come in one piece afterwards.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>

#include "actors/ports/stream.h"
#include "drivers/sim/agent_outlet.h"
#include "drivers/sim/faults.h"

namespace drivers::sim {

class SimStream final : public actors::ports::Stream, public AgentOutlet {
 public:
  using Entry = std::pair<actors::StreamId, actors::ports::JournalFields>;

  /// `wall`: what the wall clock says at the loop's time zero.
  SimStream(reactor::Scheduler& loop, const Faults& faults, Duration wall)
      : loop_(loop), faults_(faults), wall_(wall) {}

  /// A controller starts, and has the lease a moment later. Samples of the last `window` are read
  /// again for it, if they are kept.
  void tell(actors::ports::StreamListener& listener);
  /// Redis may have gone or come back.
  void check();

  void append(const actors::ports::JournalFields& entry,
              actors::ports::Done<actors::StreamId> done) override;
  void keep_definition(const actors::ports::KeptMove& move, const std::string& xml,
                       actors::ports::Done<reactor::Unit> done) override;
  void mark_definition(const actors::ports::KeptMove& move,
                       actors::ports::Done<reactor::Unit> done) override;
  void drop_definition(const actors::VmId& vm) override;
  void read_moves(actors::ports::Done<std::vector<actors::ports::KeptMove>> done) override;
  void keep_wakes(const actors::HostId& host, const std::string& record,
                  actors::ports::Done<reactor::Unit> done) override;
  void read_wakes(const actors::HostId& host, actors::ports::Done<std::string> done) override;
  void read_hello(const actors::HostId& host,
                  actors::ports::Done<actors::ports::HostHello> done) override;

  // What the agents write.
  void add(actors::ports::HostSample sample) override;
  void reply(actors::ports::Reply reply) override;
  void write(actors::ports::HostHello hello) override;
  bool gone() const {
    return faults_.now(FaultKind::redis_gone) || faults_.now(FaultKind::redis_emptied);
  }
  /// Its keys are gone; what readers of a run read back is not.
  void empty();
  actors::StreamId next_id();
  Duration wall_clock() const;  ///< of the management node, since 1970

  // For who reads a run back.
  /// Entries go there as they are written, and no longer into journal().
  void read_by(std::function<void(const Entry&)> reader) { reader_ = std::move(reader); }
  /// For how long samples can be had by samples() after they were delivered; at first not at all.
  void keep_stats(Duration kept) { stats_kept_ = kept; }
  const std::vector<Entry>& journal() const { return journal_; }
  void read_definition(const actors::VmId& vm, actors::ports::Done<std::string> done) override;
  /// Whose definitions are kept.
  const std::map<actors::VmId, actors::ports::KeptMove>& moves() const { return moves_; }
  std::vector<actors::ports::HostSample> samples(const actors::StreamId& first,
                                                 const actors::StreamId& last) const;

 private:
  void kept(actors::ports::Done<reactor::Unit> done);
  template <class Key>
  void read(const std::map<Key, std::string>& from, const Key& key,
            actors::ports::Done<std::string> done);
  struct Stored {
    std::pair<std::int64_t, std::int64_t> id;
    actors::ports::HostSample sample;
  };
  void keep_entry(Entry entry);
  void deliver();
  void trim();
  void come_back();
  void lead();
  void drop_again();

  reactor::Scheduler& loop_;
  const Faults& faults_;
  const Duration wall_;
  actors::ports::StreamListener* listener_ = nullptr;
  bool said_blind_ = false, was_gone_ = false;
  std::int64_t epoch_ = 0;
  std::pair<std::int64_t, std::int64_t> last_id_{};
  std::vector<Entry> journal_;
  std::function<void(const Entry&)> reader_;
  Duration stats_kept_{};
  std::deque<Stored> stats_;
  std::size_t delivered_ = 0;  ///< of stats_
  bool delivering_ = false;
  std::deque<actors::ports::HostSample> waiting_;  ///< at the agents, while Redis is gone
  std::map<actors::HostId, actors::ports::HostHello> hellos_;
  std::map<actors::VmId, std::string> definitions_;
  std::map<actors::VmId, actors::ports::KeptMove> moves_;  ///< of the same VMs
  std::set<actors::VmId> to_drop_;
  std::map<actors::HostId, std::string> wakes_;
};

}  // namespace drivers::sim
