#include "drivers/agent/host_facts.h"

#include <doctest/doctest.h>

using namespace drivers::agent;
using actors::ports::HostFacts;
using actors::ports::Userfaultfd;

TEST_CASE("host facts: qemu.conf: user and ports as set, comments and lists passed over") {
  HostFacts facts;
  read_qemu_conf(
      "# user = \"nobody\"\n"
      "user = \"libvirt-qemu\"\n"
      "cgroup_device_acl = [\n  \"/dev/null\",\n]\n"
      "  migration_port_min=50000\r\n"
      "migration_port_max = 50099",
      facts);
  CHECK(facts.qemu_user == "libvirt-qemu");
  CHECK(facts.first_port == 50'000);
  CHECK(facts.last_port == 50'099);
}

TEST_CASE("host facts: an empty qemu.conf: libvirt's own ports, user not known") {
  HostFacts facts;
  read_qemu_conf("", facts);
  CHECK(facts == HostFacts{});
}

TEST_CASE("host facts: migration address: here, elsewhere, a name, none") {
  AgentSettings settings;
  settings.migration_address = "127.0.0.1";
  CHECK(read_host_facts(settings).address_here == true);
  settings.migration_address = "192.0.2.1";  // for documentation, RFC 5737: nobody's
  CHECK(read_host_facts(settings).address_here == false);
  settings.migration_address = "somewhere";
  CHECK_FALSE(read_host_facts(settings).address_here);
  settings.migration_address = "";
  CHECK_FALSE(read_host_facts(settings).address_here);
}

TEST_CASE("host facts: this kernel has userfaultfd") {
  CHECK(read_host_facts({}).userfaultfd != Userfaultfd::none);
}
