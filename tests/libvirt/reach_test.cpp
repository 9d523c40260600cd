#include "drivers/libvirt/reach.h"

#include <doctest/doctest.h>

#include "tests/libvirt/world.h"

using drivers::libvirt::endpoint_of;
using drivers::libvirt::Reach;
using tests::World;
using namespace std::chrono_literals;

namespace {

bool leads_to(const char* uri, const char* host, const char* port) {
  const auto endpoint = endpoint_of(uri);
  return endpoint && endpoint->host == host && endpoint->port == port;
}

}  // namespace

TEST_CASE("reach: a URI: host and port where libvirt connects by TCP") {
  CHECK(leads_to("qemu+tcp://wh1/system", "wh1", "16509"));
  CHECK(leads_to("qemu+tcp://10.77.0.1:1/system", "10.77.0.1", "1"));
  CHECK(leads_to("qemu://wh1.example/system", "wh1.example", "16514"));
  CHECK(leads_to("qemu+tls://wh1?no_verify=1", "wh1", "16514"));
  CHECK(leads_to("qemu+tcp://me@wh1:5/system", "wh1", "5"));
  CHECK(leads_to("qemu+tcp://[fd00::1]:5/system", "fd00::1", "5"));
  CHECK(leads_to("qemu+tcp://[fd00::1]/system", "fd00::1", "16509"));
  CHECK_FALSE(endpoint_of("qemu:///system"));
  CHECK_FALSE(endpoint_of("qemu+ssh://root@wh1/system"));
  CHECK_FALSE(endpoint_of("qemu+unix:///system?socket=/run/x"));
  CHECK_FALSE(endpoint_of("test:///default"));
  CHECK_FALSE(endpoint_of("nonsense"));
}

TEST_CASE("reach: a port that refuses, a name nobody has: answered, libvirt shall see for itself") {
  World world;
  Reach reach{world.loop};
  for (const auto& endpoint : {drivers::libvirt::Endpoint{"127.0.0.1", "1"},
                               drivers::libvirt::Endpoint{"no-such-host.invalid", "1"},
                               drivers::libvirt::Endpoint{"127.0.0.1", "no port"}}) {
    std::optional<bool> silent;
    reach.ask(endpoint, 15s, [&](bool so) { silent = so; });
    CHECK_FALSE(silent.has_value());
    REQUIRE(world.until([&] { return silent.has_value(); }));
    CHECK_FALSE(*silent);
  }
}

TEST_CASE("reach: it ends with questions open: nothing is answered") {
  World world;
  bool answered = false;
  {
    Reach reach{world.loop};
    for (int i = 0; i < 10; ++i)
      reach.ask({"127.0.0.1", "1"}, 1s, [&](bool) { answered = true; });
  }
  CHECK_FALSE(world.until([&] { return answered; }, 200ms));
}
