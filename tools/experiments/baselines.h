// What a controller is held against: the same loads and the same power model, and nobody who
// decides. Source: paper §IV-C, Table IV, footnote 1.
//
// `none`, no consolidation: every VM has a server node to itself, of the kind of the scenario's
// server nodes in turn, and is never moved. Warehouse nodes and further server nodes are absent:
// they draw nothing, as nobody would have bought them.
//
// `ideal`: each second all VMs are packed anew, First Fit in the order of the scenario's lists, by
// what they want and their memory, and moved in no time. A host in use draws what its VMs make it
// draw (footnote 1: 53 W + 47 W times their load: nothing for itself); one without VMs draws what
// it does asleep. Switches are on in both.
#pragma once

#include "tools/experiments/books.h"

namespace experiments {

namespace sim = drivers::sim;

void run_none(const sim::Scenario& scenario, Audience& audience);
void run_ideal(const sim::Scenario& scenario, Audience& audience);

/// The scenario that `none` runs: its hosts and where its VMs are.
sim::Scenario each_on_its_own(const sim::Scenario& scenario);

}  // namespace experiments
