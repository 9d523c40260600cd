#include "drivers/xml/capabilities_xml.h"

#include <doctest/doctest.h>

using namespace drivers::xml;

namespace {

// Of libvirt 9.0 with QEMU 7.2, shortened.
constexpr const char* kText = R"(<capabilities>
  <host>
    <uuid>6e656d75-7269-4000-8000-000000000002</uuid>
    <cpu>
      <arch>x86_64</arch><model>EPYC-Milan</model><microcode version='1'/>
      <feature name='ht'/>
      <pages unit='KiB' size='4'/><pages unit='KiB' size='1048576'/><pages unit='KiB' size='2048'/>
    </cpu>
  </host>
  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <machine canonical='pc-i440fx-7.2' maxCpus='255'>pc</machine>
      <machine maxCpus='288'>pc-q35-5.2</machine>
      <domain type='qemu'/>
      <domain type='kvm'><machine>only-kvm</machine></domain>
    </arch>
  </guest>
</capabilities>)";

}  // namespace

TEST_CASE("capabilities: host, page sizes, guests with their machines and aliases") {
  const auto read = read_capabilities(kText);
  REQUIRE(read);
  CHECK(read->uuid == "6e656d75-7269-4000-8000-000000000002");
  CHECK(read->huge_page_sizes == std::vector<actors::Kib>{{2'048}, {1'048'576}});
  REQUIRE(read->guests.size() == 2);
  CHECK(read->guests[0].virt == "qemu");
  CHECK(read->guests[0].arch == "x86_64");
  CHECK(read->guests[0].machines == std::vector<std::string>{"pc", "pc-i440fx-7.2", "pc-q35-5.2"});
  CHECK(read->guests[1].machines == std::vector<std::string>{"only-kvm"});
}

TEST_CASE("capabilities: the CPU as it is compared: without pages and microcode") {
  CHECK(read_capabilities(kText)->cpu ==
        "<cpu><arch>x86_64</arch><model>EPYC-Milan</model><feature name=\"ht\"/></cpu>");
}

TEST_CASE("capabilities: garbage: nothing") {
  CHECK_FALSE(read_capabilities(""));
  CHECK_FALSE(read_capabilities("<capabilities>"));
  CHECK_FALSE(read_capabilities("<domain/>"));
}
