#include "drivers/power/way_maker.h"

#include "drivers/power/amt_way.h"
#include "drivers/power/exec_way.h"
#include "drivers/power/redfish_way.h"
#include "drivers/power/wol_way.h"

namespace drivers::power {

namespace {

class Unbuilt final : public Way {
 public:
  Unbuilt(reactor::Loop& loop, std::string kind) : loop_(loop), kind_(std::move(kind)) {}
  void wake(Done<reactor::Unit> done) override {
    loop_.post([done = std::move(done), kind = kind_] {
      done(reactor::Error{reactor::Errc::refused, "this nemuri cannot wake by " + kind + " yet"});
    });
  }

 private:
  reactor::Loop& loop_;
  std::string kind_;
};

struct Maker {
  reactor::Loop& loop;
  HttpClient& http;
  reactor::Duration exec_limit;

  using Made = std::unique_ptr<Way>;
  Made operator()(const ExecSettings& settings) const {
    return std::make_unique<ExecWay>(loop, ExecWay::Commands{.wake = settings.argv, .read = {}},
                                     exec_limit);
  }
  Made operator()(const WolSettings& settings) const {
    return std::make_unique<WolWay>(loop, settings);
  }
  Made operator()(const IpmiSettings&) const { return std::make_unique<Unbuilt>(loop, "ipmi"); }
  Made operator()(const RedfishSettings& settings) const {
    return std::make_unique<RedfishWay>(loop, http, settings);
  }
  Made operator()(const AmtSettings& settings) const {
    return std::make_unique<AmtWay>(loop, http, settings);
  }
};

}  // namespace

std::unique_ptr<Way> WayMaker::make(const WaySettings& way, reactor::Duration exec_limit) {
  return std::visit(Maker{loop_, http_, exec_limit}, way);
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
