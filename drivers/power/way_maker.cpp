#include "drivers/power/way_maker.h"

#include "drivers/power/amt_way.h"
#include "drivers/power/exec_way.h"
#include "drivers/power/ipmi_way.h"
#include "drivers/power/ipmitool_way.h"
#include "drivers/power/redfish_way.h"
#include "drivers/power/wol_way.h"

namespace drivers::power {

namespace {

struct Maker {
  reactor::Loop& loop;
  HttpClient& http;
  std::unique_ptr<IpmiLibrary>& ipmi;
  reactor::Duration exec_limit;

  using Made = std::unique_ptr<Way>;
  Made operator()(const ExecSettings& settings) const {
    return std::make_unique<ExecWay>(loop, ExecWay::Commands{.wake = settings.argv, .read = {}},
                                     exec_limit);
  }
  Made operator()(const WolSettings& settings) const {
    return std::make_unique<WolWay>(loop, settings);
  }
  Made operator()(const IpmiSettings& settings) const {
    constexpr std::int64_t kSuiteOfTheLibrary = 3;
    if (settings.cipher_suite != kSuiteOfTheLibrary)
      return std::make_unique<IpmitoolWay>(loop, settings);
    if (ipmi == nullptr) ipmi = std::make_unique<IpmiLibrary>(loop);
    return std::make_unique<IpmiWay>(loop, *ipmi, settings);
  }
  Made operator()(const RedfishSettings& settings) const {
    return std::make_unique<RedfishWay>(loop, http, settings);
  }
  Made operator()(const AmtSettings& settings) const {
    return std::make_unique<AmtWay>(loop, http, settings);
  }
};

}  // namespace

std::unique_ptr<Way> WayMaker::make(const WaySettings& way, reactor::Duration exec_limit) {
  return std::visit(Maker{loop_, http_, ipmi_, exec_limit}, way);
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
