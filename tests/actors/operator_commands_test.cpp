#include "actors/migration/operator_commands.h"

#include <doctest/doctest.h>

#include "tests/vm_id.h"

using namespace actors;

TEST_CASE("commands: the address in a URI of libvirt, as ss takes it") {
  CHECK(address_in("qemu+tcp://10.77.0.1/system") == "10.77.0.1");
  CHECK(address_in("qemu+ssh://root@h1.example:2222/system?keyfile=/k") == "h1.example");
  CHECK(address_in("qemu+tls://[fd00::1]:16514/system") == "[fd00::1]");
  for (const char* none : {"qemu:///system", "", "h1", "qemu+tcp://"})
    CHECK(address_in(none).empty());
}

TEST_CASE("commands: half open: can be pasted whether or not the source's address is known") {
  Trouble trouble{.vm = vm_id("a"), .source_address = "10.77.0.1"};
  CHECK(commands_for(ReasonCode::half_open, trouble) ==
        "on the target as root: ss -K state established dst 10.77.0.1 sport ge :49152 sport le "
        ":49215");
  trouble.source_address.clear();
  trouble.first_port = 50'000;
  trouble.last_port = 50'099;
  CHECK(commands_for(ReasonCode::half_open, trouble) ==
        "on the target as root: ss -K state established sport ge :50000 sport le :50099");
}
