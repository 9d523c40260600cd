// What one host's samples say: windows of the host and of the VMs on it, and how fresh they are.
//
// VMs lie in the order of the host's samples, so that the next sample finds each at its place.
// Source: DESIGN.md §1, §5 "Time"; LIMITS.md §3 (predicted slot).
#pragma once

#include "actors/host/window.h"
#include "actors/ports/facts.h"
#include "actors/settings.h"

namespace actors {

class HostLoad {
 public:
  /// False: an old or doubled sample, which changes nothing. `now` is when it was read; the
  /// smallest delay ever seen in this boot stands for the two clocks' offset, so a late sample
  /// counts as old.
  bool take(reactor::Instant now, const ports::HostSample& sample, const Settings& settings);

  /// When the last sample was taken, on the loop's clock; none: no sample of this boot yet.
  std::optional<reactor::Instant> sampled_at() const;
  const BootId& boot() const { return boot_; }
  std::int64_t revision() const { return revision_; }

  std::optional<Mcores> average(const Settings& settings) const;
  std::optional<Mcores> average(const VmId& vm, const Settings& settings) const;
  /// What a VM adds to the host's average; less than its own as long as the host's window reaches
  /// back to before it came.
  struct Share {
    Mcores cpu;
    bool full = false;  ///< the host's window holds nothing from before it came
  };
  Share share(const VmId& vm, const Settings& settings) const;
  /// What the last sample said of a VM; 0 if it is not in it.
  Mcores latest(const VmId& vm) const;
  Mcores latest() const { return latest_; }

  /// As if nothing had been heard: the host's clock is at a new place.
  void forget() { *this = {}; }
  void restart() { window_.restart(); }
  void restart(const VmId& vm);

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("boot", self.boot_)("revision", self.revision_)("t_ms", self.t_)("offset",
                                                                             self.offset_);
    archive("window", self.window_)("latest", self.latest_)("vms", self.vms_);
  }

 private:
  struct VmLoad {
    VmId vm;
    Mcores latest;
    Window window;
    template <class Archive, class Self>
    static void fields(Archive& archive, Self& self) {
      archive("vm", self.vm)("latest", self.latest)("window", self.window);
    }
  };

  void take_vms(const ports::HostSample& sample, const Settings& settings);
  VmLoad& slot(std::size_t expected, const VmId& vm);
  const VmLoad* find(const VmId& vm) const;

  BootId boot_;
  std::int64_t revision_ = 0;
  reactor::Duration t_{};                    ///< of the newest sample
  std::optional<reactor::Duration> offset_;  ///< loop clock minus host clock
  Window window_;
  Mcores latest_;
  std::vector<VmLoad> vms_;
};

}  // namespace actors
