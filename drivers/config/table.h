// The one list of settings. Parsing, ranges, the difference at SIGHUP and the test that conf.yaml
// is complete all come from it; conf.yaml says of each why it is so and when to change it.
#pragma once

#include "drivers/config/config.h"
#include "drivers/config/setting.h"

namespace drivers::config {

/// All but `hosts`, in the order of conf.yaml.
Table settings_table(Loaded& into);

/// Of one entry of `hosts`.
Table host_table(actors::HostPlan& plan, HostPower& power);

}  // namespace drivers::config
