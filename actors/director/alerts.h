// Which of the pool's troubles people are told of (`alert.command`), when again, and when it is
// over.
//
// Pure: fed with each turn's changes; what it says is an effect of that turn, so the journal has
// who was told of what and when. An alert is raised once, repeated each `alert.every` until it
// clears, and its end is told too:
//   stranded   a VM's postcopy broke                      until it is no longer stranded
//   lost       nothing can save a VM                      until its UUID runs again, or `lost_for`
//   faulty     a host does not wake or sleep as told      until it is awake, or goes to sleep
//   held       the pool is blind or held for `held_after` until it leads again
//   ping_pong  a VM goes out and back too often           until it has calmed down, or is gone
#pragma once

#include "actors/director/change.h"
#include "actors/settings.h"

namespace actors {

enum class AlertKind { stranded, lost, faulty, held, ping_pong };
constexpr auto names(AlertKind) {
  return std::array{"stranded"sv, "lost"sv, "faulty"sv, "held"sv, "ping_pong"sv};
}

enum class AlertStep { raised, repeated, cleared };
constexpr auto names(AlertStep) {
  return std::array{"raised"sv, "repeated"sv, "cleared"sv};
}

struct Alert {
  AlertKind kind = AlertKind::stranded;
  AlertStep step = AlertStep::raised;
  std::int64_t times = 0;  ///< that it was told, this time included; its end is not counted
  ActorKind actor = ActorKind::vm;
  std::string id{}, name{};  ///< of the VM, the host, or the pool
  std::string host{};        ///< where the VM is; empty: not a VM's
  reactor::Instant since{};
  Reason reason{};  ///< the newest; of cleared: what ended it
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("alert", self.kind)("step", self.step)("times", self.times)("actor", self.actor);
    archive("id", self.id)("name", self.name)("host", self.host)("since", self.since);
    archive("reason", self.reason);
  }
};

class Alerts {
 public:
  /// To be called at the end of each turn. Who is to be told of what, in the order it came.
  std::vector<Alert> on(reactor::Instant now, const AlertSettings& settings,
                        const std::vector<Change>& changes);
  /// conf.yaml names the host no more: what was said of it is over.
  void dropped(const HostId& host);
  /// Told, and not over.
  std::size_t open() const { return open_.size(); }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("open", self.open_);
  }

 private:
  struct Open {
    Alert alert;
    reactor::Instant next{};  ///< when it is told
    bool over = false;
    template <class Archive, class Self>
    static void fields(Archive& archive, Self& self) {
      archive("alert", self.alert)("next", self.next)("over", self.over);
    }
  };

  /// False: it is not to be told now.
  static bool take_step(reactor::Instant now, const AlertSettings& settings, Open& one);
  void take(reactor::Instant now, const AlertSettings& settings, const Change& change);
  void take_migration(reactor::Instant now, const Change& change);
  void take_vm(reactor::Instant now, const Change& change);
  void take_host(reactor::Instant now, const Change& change);
  void take_pool(reactor::Instant now, const AlertSettings& settings, const Change& change);
  void raise(AlertKind kind, const Change& change, reactor::Instant now, reactor::Instant first);
  void clear(AlertKind kind, const std::string& id, const Reason& why);

  std::vector<Open> open_;  ///< as they came; at most one of a kind for each VM, host or pool
};

/// One JSON object without a line end, for `alert.command`. `since` and `wall` are since 1970.
std::string alert_line(const Alert& alert, const std::string& pool, Duration since, Duration wall);

}  // namespace actors
