// The firewall before a host's load: which of its samples can't be true.
//
// One that can't is as if it had never come: it enters no window and ends no silence. So a host
// that sends nothing better is silent after `host.silent_after`, and what is wrong is the reason;
// one lost second harms nobody. Judged by raw facts that no honest host shows:
//   samples_zero      neither CPU time nor memory of the host itself: its kernel alone takes some.
//                     An idle host has memory in use, so it passes.
//   samples_frozen    `frozen_samples` in a row of one agent's start are the same in every figure,
//                     and there is CPU time in them. Memory and traffic of a host at work move each
//                     second. Without CPU time they may be an idle host's: those pass.
//   samples_too_much  host or a VM: more CPU than all of its cores give in dt, by `cpu_most_pct`.
//   clock_back        a later sample (seq) of the same boot that was not taken later (t).
//   clock_ahead       t ran ahead of the loop's clock since the sample before it, by more than
//                     `clock_slack`, and no samples in between, lost or late, explain it.
// A clock that goes on steadily from its new place is believed after `steady_samples` in a row; the
// host's windows begin anew then. Ours; the paper has none of it.
#pragma once

#include "actors/ports/facts.h"
#include "actors/reason.h"
#include "actors/settings.h"

namespace actors {

class SampleGuard {
 public:
  enum class Verdict {
    good,
    anew,  ///< good, and what was heard before is no measure for it: a clock at a new place
    old,   ///< late or doubled: no news, and nobody's fault
    wrong
  };

  /// `cores`: of the host, all of them; none: not known, then CPU is not judged.
  Verdict judge(reactor::Instant now, const ports::HostSample& sample,
                std::optional<std::int64_t> cores, const GuardSettings& settings);
  /// What is wrong with the last sample that was news; none: nothing is.
  const std::optional<Reason>& wrong() const { return wrong_; }

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("boot", self.boot_)("last", self.last_)("read_at", self.read_at_);
    archive("figures", self.figures_)("same", self.same_)("elsewhere", self.elsewhere_);
    archive("steady", self.steady_)("wrong", self.wrong_);
  }

 private:
  struct Mark {  ///< a sample's place in time
    std::int64_t seq = 0;
    Duration t{}, dt{};
    template <class Archive, class Self>
    static void fields(Archive& archive, Self& self) {
      archive("seq", self.seq)("t_ms", self.t)("dt_ms", self.dt);
    }
  };

  std::optional<Reason> clock_fault(reactor::Instant now, const Mark& mark,
                                    const GuardSettings& settings) const;
  std::optional<Reason> figure_fault(const ports::HostSample& sample,
                                     std::optional<std::int64_t> cores,
                                     const GuardSettings& settings);
  bool goes_on_elsewhere(const Mark& mark, const GuardSettings& settings);

  BootId boot_;
  Mark last_;                    ///< whose clock was good
  reactor::Instant read_at_{};   ///< and when it was read
  std::int64_t figures_ = 0;     ///< of the last one, as a hash
  std::int64_t same_ = 0;        ///< in a row, up to `frozen_samples`
  Mark elsewhere_;               ///< the last one whose clock was not
  std::int64_t steady_ = 0;      ///< of those in a row
  std::optional<Reason> wrong_;  ///< said till a good one comes
};

}  // namespace actors
