// Which host can take which VM: asked as soon as somebody can answer, not when a move is wanted.
//
// What has not been answered counts as able: libvirt itself refuses, before anything moves, nearly
// all that the preflight would, so that the price of not knowing is one failed try, whereas waiting
// for a host that sleeps would mean that nothing is ever moved to it. Only a move to a host that
// was asked and has not answered yet waits, `migration.preflight_wait` at most: it just woke, and
// the answer is one round trip away.
#pragma once

#include "actors/director/input.h"
#include "actors/director/vms.h"

namespace actors {

class Surveys {
 public:
  Surveys(Stage& stage, Vms& vms) : stage_(stage), pool_(stage.pool), vms_(vms) {}

  /// A host that was linked, and what is there.
  void ask(Host& host, const std::vector<ports::DomainLook>& domains);
  /// One VM that began, or was defined anew.
  void ask(const HostId& host, const VmId& vm);
  void take(const input::Surveyed& event);
  /// The host's answer is there, or not waited for any more.
  bool answered(const HostId& host) const;

  // Whether VMs can be moved is judged anew, and they are told.
  void judge(const VmId& id);
  void judge_residents(const HostId& host);
  void judge_all();

 private:
  void learn_cpus(const HostId& from, const std::vector<ports::GuestCpu>& cpus);

  Stage& stage_;
  Pool& pool_;
  Vms& vms_;
};

}  // namespace actors
