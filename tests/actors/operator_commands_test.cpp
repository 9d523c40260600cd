#include "actors/migration/operator_commands.h"

#include <doctest/doctest.h>

#include "tests/vm_id.h"

using namespace actors;

namespace {

std::string first_of(const std::string& commands) {
  return commands.substr(0, commands.find("; "));
}

}  // namespace

TEST_CASE("commands: the address in a URI of libvirt, as ss takes it") {
  CHECK(address_in("qemu+tcp://10.77.0.1/system") == "10.77.0.1");
  CHECK(address_in("qemu+ssh://root@h1.example:2222/system?keyfile=/k") == "h1.example");
  CHECK(address_in("qemu+tls://[fd00::1]:16514/system") == "[fd00::1]");
  for (const char* none : {"qemu:///system", "", "h1", "qemu+tcp://"})
    CHECK(address_in(none).empty());
}

TEST_CASE("commands: half open: can be pasted whether or not the source's address is known") {
  Trouble trouble{.vm = vm_id("a"), .source_address = "10.77.0.1"};
  CHECK(first_of(commands_for(ReasonCode::half_open, trouble)) ==
        "on the target as root: ss -K state established dst 10.77.0.1 sport ge :49152 sport le "
        ":49215");
  trouble.source_address.clear();
  trouble.first_port = 50'000;
  trouble.last_port = 50'099;
  CHECK(first_of(commands_for(ReasonCode::half_open, trouble)) ==
        "on the target as root: ss -K state established sport ge :50000 sport le :50099");
}

TEST_CASE("commands: what can be tried says how it is given up, too") {
  const Trouble trouble{.vm = vm_id("a"), .source_uri = "test:///s", .target_uri = "test:///t"};
  const std::string give_up = "; if that does not help, it is lost: virsh -c test:///t destroy " +
                              vm_id("a").text() + "; virsh -c test:///s destroy " +
                              vm_id("a").text();
  for (const auto code : {ReasonCode::half_open, ReasonCode::needs_operator})
    CHECK(commands_for(code, trouble).ends_with(give_up));
}
