#include "drivers/agent/movability.h"

#include <doctest/doctest.h>

using namespace drivers::agent;

namespace {

struct Row {
  const char* what;
  const char* inside;  ///< <domain>
  const char* why;     ///< begins like this; empty: movable
};

// Storage under /nfs is shared in this table.
constexpr Row kTable[] = {
    {"nothing special", "<devices/>", ""},
    {"network disk",
     "<devices><disk type='network'><source protocol='rbd' name='p/d'/></disk></devices>", ""},
    {"empty drive",
     "<devices><disk type='file' device='cdrom'><target dev='sda'/></disk></devices>", ""},
    {"file on shared storage",
     "<devices><disk type='file'><source file='/nfs/a'/></disk></devices>", ""},
    {"local file", "<devices><disk type='file'><source file='/srv/a'/></disk></devices>",
     "local disk /srv/a"},
    {"local file, shareable",
     "<devices><disk type='file'><source file='/srv/a'/><shareable/></disk></devices>", ""},
    {"local file, read-only",
     "<devices><disk type='file'><source file='/srv/a'/><readonly/></disk></devices>", ""},
    {"block device", "<devices><disk type='block'><source dev='/dev/sdb'/></disk></devices>",
     "local disk /dev/sdb"},
    {"block device, shareable",
     "<devices><disk type='block'><source dev='/dev/sdb'/><shareable/></disk></devices>", ""},
    {"NVMe", "<devices><disk type='nvme'><source type='pci'/><target dev='vda'/></disk></devices>",
     "host NVMe"},
    {"vhost-user disk",
     "<devices><disk type='vhostuser'><source type='unix' path='/s'/></disk></devices>",
     "vhost-user"},
    {"PCI device", "<devices><hostdev mode='subsystem' type='pci'/></devices>",
     "host device (pci)"},
    {"USB device", "<devices><hostdev mode='subsystem' type='usb'/></devices>",
     "host device (usb)"},
    {"SR-IOV interface", "<devices><interface type='hostdev'/></devices>", "host device"},
    {"vhost-user interface", "<devices><interface type='vhostuser'/></devices>", "vhost-user"},
    {"bridged interface", "<devices><interface type='bridge'/></devices>", ""},
    {"virtiofs", "<devices><filesystem type='mount'/></devices>", "folder of the host"},
    {"ivshmem", "<devices><shmem name='s'/></devices>", "memory shared with the host"},
    {"NVDIMM", "<devices><memory model='nvdimm'/></devices>", "memory device nvdimm"},
    {"plugged memory", "<devices><memory model='dimm'/></devices>", ""},
    {"host's TPM", "<devices><tpm><backend type='passthrough'/></tpm></devices>",
     "host device (TPM)"},
    {"emulated TPM", "<devices><tpm><backend type='emulator'/></tpm></devices>", ""},
    {"1 GiB pages",
     "<memoryBacking><hugepages><page size='1048576' unit='KiB'/></hugepages></memoryBacking>",
     "huge pages"},
    {"1 G pages", "<memoryBacking><hugepages><page size='1' unit='G'/></hugepages></memoryBacking>",
     "huge pages"},
    {"2 MiB pages",
     "<memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking>", ""},
    {"memory in a file", "<memoryBacking><source type='file'/></memoryBacking>",
     "file-backed memory"},
    {"memory in a memfd", "<memoryBacking><source type='memfd'/></memoryBacking>", ""},
    {"SEV", "<launchSecurity type='sev'/>", "encrypted memory"},
    {"CPU not migratable", "<cpu mode='host-passthrough' migratable='off'/>", "CPU"},
};

bool shared(const std::string& path) {
  return path.starts_with("/nfs/");
}

}  // namespace

/// A domain with this in it, as the inventory has it.
std::optional<actors::ports::InventoryVm> inventory_of(const std::string& inside) {
  return read_inventory("<domain><name>a</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>" +
                            inside + "</domain>",
                        shared);
}

TEST_CASE("movability: each row: movable, or why not") {
  for (const Row& row : kTable) {
    CAPTURE(row.what);
    const auto vm = inventory_of(row.inside);
    REQUIRE(vm);
    const auto& why = vm->unmovable;
    CAPTURE(why.value_or("movable"));
    const std::string expected = row.why;
    CHECK(why.has_value() == !expected.empty());
    CHECK(why.value_or("").starts_with(expected));
  }
}

TEST_CASE("movability: no XML: no line in the inventory") {
  CHECK(!read_inventory("", shared));
  CHECK(!read_inventory("<domain", shared));
}

TEST_CASE("inventory: what the inventory takes from it") {
  const auto vm = read_inventory(
      "<domain type='kvm' id='1'><name>web1</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"
      "<memory unit='MiB'>128</memory><currentMemory unit='KiB'>65536</currentMemory>"
      "<vcpu placement='static' current='2'>4</vcpu><devices><hostdev "
      "type='pci'/></devices></domain>",
      shared);
  REQUIRE(vm);
  CHECK(vm->name == "web1");
  CHECK(vm->vm.text() == "6695eb01-f6a4-8304-79aa-97f2502e193f");
  CHECK(vm->vcpus == 2);
  CHECK(vm->max_memory.count == 128 * 1024);
  CHECK(vm->unmovable == "host device (pci)");
}

TEST_CASE("inventory: without a name: none") {
  CHECK(!read_inventory("<domain><uuid>x</uuid></domain>", shared));
}

TEST_CASE("network file system: a local folder: no") {
  CHECK(!on_network_file_system("/tmp"));
  CHECK(!on_network_file_system("/nonexistent"));
}
