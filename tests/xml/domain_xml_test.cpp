#include "drivers/xml/domain_xml.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace drivers::xml;
using actors::ports::TieKind;
using actors::ports::VmNeeds;

namespace {

std::string domain(const std::string& inside) {
  return "<domain type='kvm'><name>web1</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"
         "<memory unit='MiB'>128</memory>"
         "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>" +
         inside + "</domain>";
}

VmNeeds needs_of(const std::string& inside) {
  const auto read = read_domain(domain(inside));
  REQUIRE(read);
  return read->needs;
}

}  // namespace

TEST_CASE("domain XML: what a VM needs of any host") {
  const VmNeeds needs = needs_of("");
  CHECK(needs.name == "web1");
  CHECK(needs.memory.count == 128 * 1024);
  CHECK(needs.virt == "kvm");
  CHECK(needs.arch == "x86_64");
  CHECK(needs.machine == "pc-q35-7.2");
  CHECK(needs.ties.empty());
  CHECK_FALSE(needs.cpu);
}

TEST_CASE("domain XML: all of its ties, in order, and files apart") {
  const VmNeeds needs = needs_of(
      "<memoryBacking><hugepages><page size='1' unit='G'/></hugepages><source type='file'/>"
      "</memoryBacking><devices><disk type='file'><source file='/srv/a'/></disk>"
      "<disk type='block'><source dev='/dev/sdb'/></disk><hostdev type='pci'/></devices>");
  const std::vector<TieKind> wanted{TieKind::gigantic_pages, TieKind::file_memory,
                                    TieKind::local_disk, TieKind::host_device};
  std::vector<TieKind> kinds;
  for (const auto& tie : needs.ties)
    kinds.push_back(tie.kind);
  CHECK(kinds == wanted);
  CHECK(needs.files == std::vector<std::string>{"/srv/a"});
}

TEST_CASE("domain XML: huge pages: of a size, or the host's usual one") {
  CHECK(needs_of("<memoryBacking><hugepages><page size='2' unit='MiB'/></hugepages>"
                 "</memoryBacking>")
            .page_sizes == std::vector<actors::Kib>{{2048}});
  CHECK(needs_of("<memoryBacking><hugepages/></memoryBacking>").page_sizes ==
        std::vector<actors::Kib>{{0}});
}

TEST_CASE("domain XML: CPUs: equal ones have one id, others another") {
  const std::string milan = "<cpu mode='custom'><model>EPYC-Milan</model></cpu>";
  const auto one = read_domain(domain(milan)), same = read_domain(domain("<devices/>" + milan));
  const auto other = read_domain(domain("<cpu mode='custom'><model>EPYC-Rome</model></cpu>"));
  REQUIRE(one->cpu);
  CHECK(one->cpu->xml.find("EPYC-Milan") != std::string::npos);
  CHECK_FALSE(one->cpu->of_host);
  CHECK(one->needs.cpu == one->cpu->id);
  CHECK(one->cpu->id == same->cpu->id);
  CHECK(one->cpu->id != other->cpu->id);
  CHECK(one->cpu->id.text.size() == 16);
}

TEST_CASE("domain XML: host-passthrough: the host's CPU stands for it; not known without") {
  const std::string inside = "<cpu mode='host-passthrough' migratable='on'/>";
  const std::string host = "<cpu><arch>x86_64</arch><model>EPYC-Milan</model></cpu>";
  const auto read = read_domain(domain(inside), host);
  REQUIRE(read->cpu);
  CHECK(read->cpu->of_host);
  CHECK(read->cpu->xml == host);
  CHECK_FALSE(read_domain(domain(inside))->cpu);
}

TEST_CASE("domain XML: no XML, no name, no UUID: nothing") {
  CHECK_FALSE(read_domain(""));
  CHECK_FALSE(read_domain("<domain"));
  CHECK_FALSE(read_domain("<domain><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid></domain>"));
  CHECK_FALSE(read_domain("<domain><name>a</name><uuid>x</uuid></domain>"));
}
