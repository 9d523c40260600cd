#include "drivers/power/way_maker.h"

#include "drivers/power/exec_way.h"
#include "reactor/invariant.h"

namespace drivers::power {

namespace {

struct Maker {
  reactor::Loop& loop;
  reactor::Duration exec_limit;

  using Made = std::unique_ptr<Way>;
  Made operator()(const ExecSettings& settings) const {
    return std::make_unique<ExecWay>(loop, ExecWay::Commands{.wake = settings.argv, .read = {}},
                                     exec_limit);
  }
  // drivers/config refuses these until they are built.
  Made operator()(const WolSettings& /*settings*/) const { INVARIANT(false); }
  Made operator()(const IpmiSettings& /*settings*/) const { INVARIANT(false); }
  Made operator()(const RedfishSettings& /*settings*/) const { INVARIANT(false); }
  Made operator()(const AmtSettings& /*settings*/) const { INVARIANT(false); }
};

}  // namespace

std::unique_ptr<Way> WayMaker::make(const WaySettings& way, reactor::Duration exec_limit) {
  return std::visit(Maker{loop_, exec_limit}, way);
}

HostWays WayMaker::make(const HostPower& host, reactor::Duration exec_limit) {
  HostWays out;
  for (const WaySettings& way : host.wake)
    out.wake.push_back(make(way, exec_limit));
  if (!host.power_command.empty())
    out.reader = std::make_unique<ExecWay>(
        loop_, ExecWay::Commands{.wake = {}, .read = host.power_command}, exec_limit);
  return out;
}

PoolWays WayMaker::make(const WakeSettings& settings) {
  PoolWays out;
  for (const auto& [name, host] : settings.hosts)
    out.emplace(name, make(host, settings.exec_limit));
  return out;
}

}  // namespace drivers::power
