// What lasts: the journal, and what has to outlive the controller (domain definitions, how hosts
// woke).
//
// A call returns at once; its `done` runs exactly once, on the loop, never from inside the call.
// Errors of all: unreachable (nothing was written), outcome_unknown (it may stand there).
#pragma once

#include <map>

#include "actors/ports/done.h"
#include "actors/ports/facts.h"

namespace actors::ports {

/// One journal entry: field -> text. Every field is JSON or a number, so that redis-cli shows it.
using JournalFields = std::vector<std::pair<std::string, std::string>>;

/// Samples of `stats` in stream order; `first` and `last` name the range they were read from.
struct StatsBatch {
  StreamId first, last;
  std::int64_t malformed = 0;  ///< entries in the range that did not parse
  std::vector<HostSample> samples;
};

enum class KeptStage {
  moving,
  clearing,  ///< it is lost: what was left of it may be destroyed by now, and it is started anew
  lost,      ///< that was said
  vanished   ///< the same, and nothing was left of it: its guest may have been shut down unseen
};
constexpr auto names(KeptStage) {
  return std::array{"moving"sv, "clearing"sv, "lost"sv, "vanished"sv};
}
/// Nothing more comes of it.
constexpr bool is_over(KeptStage stage) {
  return stage == KeptStage::lost || stage == KeptStage::vanished;
}

/// A move, as far as the next controller has to know of it if this one does not see its end.
struct KeptMove {
  VmId vm;
  std::string name;  ///< for people
  std::int64_t vcpus = 1;
  Kib max_memory;
  HostId source, target;
  KeptStage stage = KeptStage::moving;
  friend bool operator==(const KeptMove&, const KeptMove&) = default;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("vm", self.vm)("name", self.name)("vcpus", self.vcpus);
    archive("max_memory_kib", self.max_memory)("source", self.source)("target", self.target);
    archive("stage", self.stage);
  }
};

class StreamListener {
 public:
  virtual ~StreamListener() = default;
  virtual void stats(StatsBatch batch) = 0;
  virtual void reply(Reply reply) = 0;
  /// This controller holds the pool's lease, under this epoch. Said again after each gap.
  virtual void leading(std::int64_t epoch) = 0;
  /// Redis is gone, or somebody else has the lease: `why` is for people.
  virtual void blind(std::string why) = 0;
};

class Stream {
 public:
  virtual ~Stream() = default;

  virtual void append(const JournalFields& entry, Done<StreamId> done) = 0;

  /// Keeps a domain's XML, and the move it is kept for, until drop_definition(). Written through:
  /// success means that both are in Redis.
  virtual void keep_definition(const KeptMove& move, const std::string& xml,
                               Done<reactor::Unit> done) = 0;
  /// What is kept of the move is so from now on. Errors also: refused (nothing is kept).
  virtual void mark_definition(const KeptMove& move, Done<reactor::Unit> done) = 0;
  virtual void drop_definition(const VmId& vm) = 0;
  /// Errors also: refused (none is kept).
  virtual void read_definition(const VmId& vm, Done<std::string> done) = 0;
  /// All moves whose definitions are kept, by VM. What another version of us wrote, and does not
  /// parse, is left out.
  virtual void read_moves(Done<std::vector<KeptMove>> done) = 0;

  /// The record of a host's wakes, as text.
  virtual void keep_wakes(const HostId& host, const std::string& record,
                          Done<reactor::Unit> done) = 0;
  /// Errors also: refused (none is kept).
  virtual void read_wakes(const HostId& host, Done<std::string> done) = 0;

  /// The hash host:H. Errors also: malformed, refused (the host has never said hello).
  virtual void read_hello(const HostId& host, Done<HostHello> done) = 0;
};

}  // namespace actors::ports
