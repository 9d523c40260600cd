// VMs, and the desks that they ask for admission: each event to one of them goes through here, so
// that nothing that it says gets lost. It is put on record, and who has to hear of it (a desk, the
// host that a VM left, the index) does.
#pragma once

#include "actors/director/stage.h"

namespace actors {

class Vms {
 public:
  explicit Vms(Stage& stage) : stage_(stage), pool_(stage.pool) {}

  void tell(const VmId& id, const VmEvent& event);
  void tell_desk(const HostId& id, const DeskEvent& event);

  /// Those that wait for a time to pass.
  void tick();
  /// Desks of hosts on the agenda.
  void measure_desks();
  void look_when_free(const VmActor& vm);

 private:
  void put_on_record(const VmId& id, const VmActor& vm, const VmChanged& change);
  void moved(const Place& from, const VmActor& vm);
  void left_state(const VmId& id, const VmEvent& event, VmState from, const HostId& desk);
  void changed_place(const VmId& vm, const HostId& from);
  void restart_window(Host& host);
  void tell_desk(Host& host, const DeskEvent& event);
  void answer(const HostId& desk, const RequestChanged& change);

  Stage& stage_;
  Pool& pool_;
};

}  // namespace actors
