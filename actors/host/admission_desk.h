// Admission desk of one warehouse node: which VMs may return to it, in the order they asked.
//
// Pure: on() takes an event and the time and gives back changes, which are answers to the VMs'
// actors. Source: DESIGN.md §1 (admission, tickets, promises), §8 (invariant 2); paper §III-C.
#pragma once

#include "actors/reason.h"
#include "actors/settings.h"

namespace actors {

/// What the desk may give, from the host's plan and capacity and the settings.
struct DeskLimits {
  std::int64_t tickets = 1;      ///< out at a time
  std::int64_t queue_limit = 0;  ///< requests that may wait
  Load most;                     ///< CPU: (threshold - margin) of capacity; memory: RAM - reserve
  Duration ticket_expiry{};      ///< while the migration has not started, the host being awake
};

// Events, all of one host.

/// A newcomer whose first window is not full yet.
struct Newcomer {
  VmId vm;
  Mcores measured;  ///< its share of `Measured::used`
  bool full = false;
};
struct Measured {
  std::optional<Load> used{};  ///< average CPU, maximum memory of its VMs; none: window not covered
  std::vector<Newcomer> newcomers{};
  bool awake = false;               ///< a ticket's time runs only while the warehouse is awake
  bool usable = false;              ///< awake or may be woken: not silent, not faulty
  std::optional<Reason> refuses{};  ///< why it takes nobody though it could; none: it does
};
struct Asked {
  VmId vm;
  Load need;  ///< its own average CPU, its maximum memory
};
struct Withdrawn {  ///< it does not come, or has left again
  VmId vm;
};
struct Starting {  ///< said before the migrate effect leaves; refused: it must not start
  VmId vm;
};
struct Ended {
  VmId vm;
  bool arrived = false;  ///< as libvirt says after a look at both ends
};
using DeskEvent = std::variant<Measured, Asked, Withdrawn, Starting, Ended>;

/// granted, moving: hold a ticket. granted, moving, settling: hold a promise.
enum class RequestState { asked, queued, granted, moving, settling, closed };
constexpr auto names(RequestState) {
  return std::array{"asked"sv, "queued"sv, "granted"sv, "moving"sv, "settling"sv, "closed"sv};
}

struct RequestChanged {  ///< `from` == `to`: refused, and nothing changed
  VmId vm;
  RequestState from, to;
  Reason reason;
  friend bool operator==(const RequestChanged&, const RequestChanged&) = default;
};
using DeskChanges = std::vector<RequestChanged>;

class AdmissionDesk {
 public:
  AdmissionDesk() = default;
  explicit AdmissionDesk(HostId host) : host_(std::move(host)) {}

  DeskChanges on(reactor::Instant now, const DeskLimits& limits, const DeskEvent& event);

  /// Why `need` could not be admitted now, tickets aside; none: it fits. For policies.
  std::optional<Reason> misfit(const DeskLimits& limits, const Load& need) const;
  /// When the next ticket expires; none: only an event changes anything.
  std::optional<reactor::Instant> due() const;
  std::int64_t tickets_out() const;
  std::int64_t waiting() const { return count(RequestState::queued); }
  Load promised() const;
  std::optional<RequestState> state_of(const VmId& vm) const;
  /// VMs that came and whose first window is not full yet.
  std::vector<VmId> newcomers() const;

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host_)("used_cpu", self.used_cpu_)("used_memory", self.used_memory_);
    archive("awake", self.awake_)("usable", self.usable_)("refuses", self.refuses_);
    archive("requests", self.requests_);
  }

 private:
  struct Request {
    VmId vm;
    Mcores cpu;       ///< promised
    Mcores measured;  ///< of it, already in used_cpu_
    Kib memory;
    RequestState state = RequestState::asked;
    std::optional<reactor::Instant> expires_at;  ///< of its ticket, from when the host is awake
    template <class Archive, class Self>
    static void fields(Archive& archive, Self& self) {
      archive("vm", self.vm)("cpu", self.cpu)("measured", self.measured)("memory", self.memory);
      archive("state", self.state)("expires_at", self.expires_at);
    }
  };

  struct Turn {  ///< what one call of on() works with
    reactor::Instant now;
    const DeskLimits& limits;
    DeskChanges out{};
  };

  void take(const Measured& event, Turn& turn);
  void take(const Asked& event, Turn& turn);
  void take(const Withdrawn& event, Turn& turn);
  void take(const Starting& event, Turn& turn);
  void take(const Ended& event, Turn& turn);
  static void change(Request& request, RequestState to, Reason reason, Turn& turn);
  void expire(Turn& turn);
  void serve(Turn& turn);
  void answer(Request& request, Turn& turn);
  void grant(Request& request, Turn& turn);
  void enqueue(Request& request, Turn& turn);
  Reason why(ReasonCode code, std::vector<std::int64_t> values = {}) const;
  std::optional<Reason> why_closed() const;
  std::int64_t count(RequestState state) const;
  Request* find(const VmId& vm);

  HostId host_;
  std::optional<Mcores> used_cpu_;  ///< none: window not covered
  Kib used_memory_;
  bool awake_ = false, usable_ = false;
  std::optional<Reason> refuses_;
  std::vector<Request> requests_;  ///< as they asked; tickets and promises are counted from it
};

}  // namespace actors
