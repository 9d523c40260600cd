#include "actors/ports/ids.h"

#include <doctest/doctest.h>

#include "tests/vm_id.h"

using actors::VmId;

TEST_CASE("ids: a UUID of libvirt: the same text again, in the order of the texts") {
  const std::string one = "6695eb01-f6a4-8304-79aa-97f2502e193f";
  const std::string two = "6695eb01-f6a4-8304-79aa-97f2502e1940";
  REQUIRE(VmId::parse(one));
  CHECK(VmId::parse(one)->text() == one);
  CHECK(*VmId::parse(one) < *VmId::parse(two));
  CHECK(VmId{}.text() == "00000000-0000-0000-0000-000000000000");
  CHECK(VmId{0x6695eb01f6a48304, 0x79aa97f2502e193f} == *VmId::parse(one));
}

TEST_CASE("ids: no UUID: refused") {
  for (const char* text :
       {"", "web1", "6695eb01-f6a4-8304-79aa-97f2502e193", "6695eb01-f6a4-8304-79aa-97f2502e193f0",
        "6695eb01f6a4-8304-79aa-97f2502e193f-", "6695EB01-f6a4-8304-79aa-97f2502e193f",
        "6695eb0g-f6a4-8304-79aa-97f2502e193f", "6695eb01-f6a4-8304-79aa-97f2502e193-"})
    CHECK_FALSE(VmId::parse(text));
}

TEST_CASE("ids: names of tests: in the order of the names") {
  CHECK(vm_id("a") < vm_id("b"));
  CHECK(vm_id("v1") < vm_id("v10"));
  CHECK(vm_id("v10") < vm_id("v2"));
}
