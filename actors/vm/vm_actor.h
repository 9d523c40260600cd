// One VM: parked on a warehouse node, active on a server node, or on the way between them.
//
// It runs its own hold, its return threshold and its asking for a ticket (paper §III-C); where it
// goes is proposed by the policy, and it may refuse. Pure: on() takes an event and the time and
// gives back a change. Source: DESIGN.md §6.
#pragma once

#include <algorithm>

#include "actors/reason.h"
#include "actors/settings.h"
#include "actors/vm/flapping.h"

namespace actors {

// Events.
struct Placed {  ///< libvirt says that it is there, and no migration of ours brought it
  HostId host;
  Role role = Role::server;
  bool migrated = false;  ///< it came there by a migration, nobody knows when
};
struct Movable {  ///< a level; none: it may be moved
  std::optional<Reason> why_not;
};
struct Measure {                  ///< a level, at each fresh sample
  std::optional<Mcores> average;  ///< none: its window is not covered
  std::int64_t vcpus = 1;
};
struct DistributeTo {  ///< the policy's wish; also another target while none has been reached
  HostId target;
  Reason why;
};
struct CallOff {  ///< of a distribution whose migration has not started
  Reason why;
};
struct Queued {  ///< the desk has it in its queue
  HostId warehouse;
  Reason why;
};
struct Granted {
  HostId warehouse;
  Reason why;
};
struct NotAdmitted {  ///< no warehouse, or its request there was closed
  Reason why;
};
struct MigrationBegan {};
struct FoundMoving {  ///< by a migration that was under way before we came, or found at both its
                      ///< ends
  HostId source;
  Role role = Role::server;  ///< the source's
  HostId target;
  Reason why;
};
struct CameTo {  ///< its migration is complete
  HostId host;
  Role role = Role::server;
  Reason why;
};
struct Stayed {  ///< its migration ended where it began
  Reason why;
};
struct Broke {  ///< in postcopy
  Reason why;
};
struct Vanished {
  Reason why;
};
using VmEvent =
    std::variant<Placed, Movable, Measure, DistributeTo, CallOff, Queued, Granted, NotAdmitted,
                 MigrationBegan, FoundMoving, CameTo, Stayed, Broke, Vanished, reactor::Tick>;

// The life of a VM under nemuri.
enum class VmState {
  unknown,
  parked,
  departing,
  holding,
  active,
  queued,
  returning,
  stranded,
  unmanaged,
  gone
};
constexpr auto names(VmState) {
  return std::array{"unknown"sv, "parked"sv,    "departing"sv, "holding"sv,   "active"sv,
                    "queued"sv,  "returning"sv, "stranded"sv,  "unmanaged"sv, "gone"sv};
}

struct VmChanged {  ///< `from` == `to`: refused, or something worth saying within the state
  VmState from, to;
  Reason reason;
  friend bool operator==(const VmChanged&, const VmChanged&) = default;
};

class VmActor {
 public:
  std::optional<VmChanged> on(reactor::Instant now, const Settings& settings, const VmEvent& event);

  VmState state() const { return state_; }
  reactor::Instant since() const { return since_; }
  const HostId& host() const { return host_; }      ///< where it runs
  const HostId& target() const { return target_; }  ///< where it goes, if it does
  bool began() const { return began_; }             ///< it is migrating
  /// queued: the desk it waits at; empty: it stands in no queue,
  const HostId& desk() const { return desk_; }
  /// and asks to be sent to one, each second anew: from when on; none: it does not ask.
  std::optional<reactor::Instant> asks_at() const;
  bool asks(reactor::Instant now) const { return asks_at() && now >= *asks_at(); }
  /// Whether it can make anything of what its window says, or of the time. One that does not listen
  /// keeps no average.
  bool listens() const;
  std::optional<Mcores> average() const { return average_; }
  /// Why policy may not move it now; none: it may.
  std::optional<Reason> fixed(reactor::Instant now) const;
  /// When its last hold or cool-down is over.
  reactor::Instant free_at() const { return std::max(hold_until_, cool_until_); }
  /// What it waits for by itself, and until when.
  std::optional<Reason> waits(reactor::Instant now) const;

  /// It goes out and back too often; said, and watched till it has calmed down.
  bool ping_pong() const { return flapping_.ping_pong(); }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("state", self.state_)("since", self.since_)("host", self.host_)("target", self.target_);
    archive("desk", self.desk_)("began", self.began_)("average", self.average_);
    archive("vcpus", self.vcpus_)("hold_until", self.hold_until_)("cool_until", self.cool_until_);
    archive("retry_at", self.retry_at_)("failures", self.failures_)("unmovable", self.unmovable_);
    archive("on_warehouse", self.on_warehouse_)("listed", self.listed_);
    archive("turned_away", self.turned_away_);
    Flapping::fields(archive, self.flapping_);
  }

 private:
  struct Step {
    VmState to;
    Reason reason;
  };
  using Next = std::optional<Step>;  ///< none: nothing to say
  struct Turn;                       ///< what one call of on() works with

  void note(const Turn& turn);
  Next step(Turn& turn);
  Next on_anywhere(Turn& turn);
  Next on_unknown(Turn& turn);
  Next on_parked(Turn& turn);
  Next on_departing(Turn& turn);
  Next on_holding(const Turn& turn) const;
  Next on_active(const Turn& turn) const;
  Next on_queued(Turn& turn);
  Next on_returning(Turn& turn);
  Next on_moving(Turn& turn);
  Next on_stranded(Turn& turn);
  Next on_unmanaged() const;
  Next placed(const Turn& turn, const Placed& event);
  Step depart(const DistributeTo& event);
  Next turned_away(const Turn& turn, const NotAdmitted& event);
  Step found_moving(const FoundMoving& event);
  Step came(const Turn& turn, const CameTo& event);
  Step stayed(const Turn& turn, const Stayed& event);
  Next to_and_fro(const Turn& turn);
  void cool(const Turn& turn, std::int64_t before);
  Reason cools() const;
  void hold(const Turn& turn, Role role);
  VmState home() const;
  bool at_rest() const;

  VmState state_ = VmState::unknown;
  reactor::Instant since_{};
  HostId host_, target_, desk_;
  bool on_warehouse_ = false;
  bool began_ = false;
  std::optional<Mcores> average_;
  std::int64_t vcpus_ = 1;
  reactor::Instant hold_until_{};          ///< after a migration ended or an operator moved it
  reactor::Instant cool_until_{};          ///< after a failure, or because it flaps
  reactor::Instant retry_at_{};            ///< asks for a ticket again
  std::int64_t failures_ = 0;              ///< in a row
  std::optional<ReasonCode> turned_away_;  ///< queued: why no desk took it when it asked last
  Flapping flapping_;
  std::optional<Reason> unmovable_;
  bool listed_ = false;  ///< whether it can be moved is known
};

}  // namespace actors
