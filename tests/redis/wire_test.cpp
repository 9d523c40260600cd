#include "drivers/redis/wire.h"

#include <doctest/doctest.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>

#include "tests/vm_id.h"

using namespace actors::ports;
using namespace drivers::redis;
using actors::Kib;
using actors::Mcores;
using reactor::Duration;
using reactor::Errc;
using reactor::Result;

namespace {

std::string uuid(int n) {
  char text[40];
  std::snprintf(text, sizeof(text), "%08x-0000-4000-8000-%012x", static_cast<unsigned>(n),
                static_cast<unsigned>(n));
  return text;
}

HostSample sample_of(int vms) {
  HostSample sample;
  sample.host.text = "wh1";
  sample.boot.text = "6b1ad6a5-3f0c-4b5e-9d3e-0a1b2c3d4e5f";
  sample.seq = 17;
  sample.revision = 81'234;
  sample.t = Duration{90'000};
  sample.wall = Duration{1'700'000'000'000};
  sample.dt = Duration{1'003};
  sample.use = {Mcores{1'650}, Kib{8'388'608}, 1, 2, 3, 4};
  for (int i = 0; i < vms; ++i)
    sample.vms.push_back({vm_id(uuid(i + 1)),
                          {Mcores{800 + i}, Kib{2'097'152}, 12'345, 6, 0, 8'192},
                          1 + i % 4,
                          static_cast<VmLetter>(i % 3)});
  return sample;
}

bool same(const HostSample& a, const HostSample& b) {
  const auto vm_same = [](const VmSample& x, const VmSample& y) {
    return x.vm == y.vm && x.use == y.use && x.vcpus == y.vcpus && x.state == y.state;
  };
  return a.host == b.host && a.boot == b.boot && a.seq == b.seq && a.revision == b.revision &&
         a.t == b.t && a.wall == b.wall && a.dt == b.dt && a.use == b.use &&
         std::equal(a.vms.begin(), a.vms.end(), b.vms.begin(), b.vms.end(), vm_same);
}

// The fields as RESP, read by hiredis itself.
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ReplyPtr = std::unique_ptr<redisReply, FreeReply>;

std::string resp(const Fields& fields) {
  std::string out = "*" + std::to_string(fields.size() * 2) + "\r\n";
  const auto add = [&](const std::string& text) {
    out.append("$").append(std::to_string(text.size())).append("\r\n").append(text).append("\r\n");
  };
  for (const auto& [name, text] : fields) {
    add(name);
    add(text);
  }
  return out;
}

ReplyPtr through_hiredis(const std::string& bytes) {
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader{redisReaderCreate(),
                                                                    redisReaderFree};
  void* reply = nullptr;
  redisReaderFeed(reader.get(), bytes.data(), bytes.size());
  REQUIRE(redisReaderGetReply(reader.get(), &reply) == REDIS_OK);
  return ReplyPtr{static_cast<redisReply*>(reply)};
}

std::string fault_of_stats(const Fields& fields) {
  const auto by_value = decode_stats(as_value(fields));
  const auto raw = decode_stats(*through_hiredis(resp(fields)));
  REQUIRE_FALSE(by_value.ok());
  REQUIRE_FALSE(raw.ok());
  CHECK(by_value.error().code == Errc::malformed);
  CHECK(raw.error().detail == by_value.error().detail);
  return by_value.error().detail;
}

struct Spoiled {
  const char* what;
  std::function<void(Fields&)> spoil;
  const char* says;
};

std::function<void(Fields&)> set(const char* name, std::string text) {
  return [name, text](Fields& fields) {
    for (auto& [field, value] : fields)
      if (field == name) value = text;
  };
}

std::function<void(Fields&)> vm_text(std::string text) {
  return [text](Fields& fields) { fields[14].second = text; };
}

HostHello hello_of(int vms) {
  HostHello hello;
  hello.host.text = "sv1";
  hello.boot.text = "6b1ad6a5-3f0c-4b5e-9d3e-0a1b2c3d4e5f";
  hello.revision = 12'345;
  hello.hello = Duration{12'000};
  hello.capacity = Mcores{4'000};
  hello.memory = Kib{16'777'216};
  hello.libvirt_uri = "qemu+tcp://10.77.0.1/system";
  hello.version = "0.1.0";
  hello.epoch = 7;
  hello.facts.emplace();
  for (int i = 0; i < vms; ++i)
    hello.vms.push_back({vm_id(uuid(i)), "web" + std::to_string(i), 2, Kib{1'048'576}, {}});
  return hello;
}

}  // namespace

TEST_CASE("stats: written and read back: the same, by value and through hiredis") {
  for (const int vms : {0, 1, 20, 4'096}) {
    const HostSample sample = sample_of(vms);
    const Fields fields = encode_stats(sample);
    CHECK(same(decode_stats(as_value(fields)).value(), sample));
    CHECK(same(decode_stats(*through_hiredis(resp(fields))).value(), sample));
  }
}

TEST_CASE("stats: VMs in any order: written ascending") {
  HostSample sample = sample_of(3);
  std::swap(sample.vms[0], sample.vms[2]);
  CHECK(same(decode_stats(as_value(encode_stats(sample))).value(), sample_of(3)));
}

TEST_CASE("stats: an entry reads as DESIGN.md §5 has it") {
  const Fields fields = encode_stats(sample_of(1));
  std::string line;
  for (const auto& [name, text] : fields)
    line.append(name).append("=").append(text).append(";");
  CHECK(line ==
        "v=1;host=wh1;boot=6b1ad6a5-3f0c-4b5e-9d3e-0a1b2c3d4e5f;seq=17;inv=81234;t_ms=90000;"
        "wall_ms=1700000000000;dt_ms=1003;cpu_mcores=1650;mem_kib=8388608;rx=1;tx=2;rd=3;wr=4;"
        "00000001-0000-4000-8000-000000000001=800 1 2097152 12345 6 0 8192 r;");
}

TEST_CASE("stats: garbage: malformed, and the error says where") {
  const std::string huge = "1000000000000001", overflow = "99999999999999999999999";
  const std::vector<Spoiled> table{
      {"empty", [](Fields& f) { f.clear(); }, "number of fields"},
      {"header cut", [](Fields& f) { f.resize(13); }, "number of fields"},
      {"version 2", set("v", "2"), "unknown version: \"2\""},
      {"no version", [](Fields& f) { f[0].first = "w"; }, "expected v"},
      {"field out of order", [](Fields& f) { std::swap(f[3], f[4]); }, "expected seq"},
      {"no host", set("host", ""), "host"},
      {"blank in host", set("host", "wh 1"), "host"},
      {"newline in host", set("host", "wh1\n"), "host"},
      {"host not ASCII", set("host", "wh\xc3\xa9"), "host"},
      {"host too long", set("host", std::string(254, 'h')), "host"},
      {"no boot", set("boot", ""), "boot"},
      {"seq 0", set("seq", "0"), "seq: \"0\""},
      {"seq no number", set("seq", "x"), "seq: \"x\""},
      {"negative", set("mem_kib", "-1"), "mem_kib: \"-1\""},
      {"plus", set("rx", "+1"), "rx"},
      {"blank", set("rx", " 1"), "rx"},
      {"fraction", set("rx", "1.5"), "rx"},
      {"hex", set("rx", "0x10"), "rx"},
      {"huge", set("rx", huge),
       "rx: \""
       "1000000000000001\""},
      {"overflow", set("rx", overflow), "rx"},
      {"too many cores", set("cpu_mcores", "1000000001"), "cpu_mcores"},
      {"dt 0", set("dt_ms", "0"), "dt_ms"},
      {"dt over an hour", set("dt_ms", "3600001"), "dt_ms"},
      {"empty number", set("wr", ""), "wr"},
      {"no UUID", [](Fields& f) { f[14].first = "web1"; }, "no UUID: \"web1\""},
      {"upper case", [](Fields& f) { f[14].first[0] = 'A'; }, "no UUID"},
      {"VM twice", [](Fields& f) { f[15].first = f[14].first; }, "twice or out of order"},
      {"VMs descending", [](Fields& f) { std::swap(f[14], f[15]); }, "twice or out of order"},
      {"VM empty", vm_text(""), "VM 00000001-"},
      {"VM short", vm_text("1 1 1 1 1 1 r"), "VM 00000001-"},
      {"VM long", vm_text("1 1 1 1 1 1 1 1 r"), "VM 00000001-"},
      {"VM no letter", vm_text("1 1 1 1 1 1 1"), "VM 00000001-"},
      {"VM blank at the end", vm_text("1 1 1 1 1 1 1 "), "VM 00000001-"},
      {"VM unknown letter", vm_text("1 1 1 1 1 1 1 z"), "VM 00000001-"},
      {"VM two letters", vm_text("1 1 1 1 1 1 1 rr"), "VM 00000001-"},
      {"VM two blanks", vm_text("1  1 1 1 1 1 1 r"), "VM 00000001-"},
      {"VM negative", vm_text("1 1 -1 1 1 1 1 r"), "VM 00000001-"},
      {"VM huge", vm_text("1 1 " + huge + " 1 1 1 1 r"), "VM 00000001-"},
      {"VM overflow", vm_text("1 1 " + overflow + " 1 1 1 1 r"), "VM 00000001-"},
      {"VM no vCPU", vm_text("1 0 1 1 1 1 1 r"), "VM 00000001-"},
      {"VM a million vCPUs", vm_text("1 1000000 1 1 1 1 1 r"), "VM 00000001-"},
      {"VM nul", vm_text(std::string{"1 1 1 1 1 1 1 r\0", 16}), "VM 00000001-"},
  };
  for (const Spoiled& row : table) {
    Fields fields = encode_stats(sample_of(2));
    row.spoil(fields);
    const std::string says = fault_of_stats(fields);
    CHECK_MESSAGE(says.find(row.says) != std::string::npos, row.what, ": ", says);
  }
  CHECK(fault_of_stats(encode_stats(sample_of(4'097))).find("number of VMs") != std::string::npos);
}

TEST_CASE("stats: not an array of texts: malformed") {
  for (const char* bytes :
       {"$-1\r\n", ":5\r\n", "*-1\r\n", "*0\r\n", "+OK\r\n", "*2\r\n:1\r\n:2\r\n"})
    CHECK_FALSE(decode_stats(*through_hiredis(bytes)).ok());
  Value odd = as_value(encode_stats(sample_of(1)));
  odd.items.pop_back();
  CHECK_FALSE(decode_stats(odd).ok());
  Value nested = as_value(encode_stats(sample_of(1)));
  nested.items[5] = nested;
  CHECK_FALSE(decode_stats(nested).ok());
}

// Seeded, so a failure can be had again. What is read must also be within bounds: it is written
// again and read again, the same.
TEST_CASE("stats: 20 000 mutations: malformed or in bounds, never worse") {
  std::minstd_rand random{20'261'123};
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  const std::string alphabet = "0123456789 -rpovxX.\n\xff";
  int good = 0;
  for (int i = 0; i < 20'000; ++i) {
    Fields fields = encode_stats(sample_of(static_cast<int>(below(4))));
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
      auto& [name, text] = fields[below(fields.size())];
      std::string& target = below(4) == 0 ? name : text;
      const char c = alphabet[below(alphabet.size())];
      if (target.empty() || below(3) == 0) {
        target.insert(below(target.size() + 1), 1, c);
      } else if (below(2) == 0) {
        target[below(target.size())] = c;
      } else {
        target.erase(below(target.size()), 1);
      }
    }
    const auto raw = decode_stats(*through_hiredis(resp(fields)));
    const auto value = decode_stats(as_value(fields));
    REQUIRE(raw.ok() == value.ok());
    if (!raw.ok()) continue;
    ++good;
    REQUIRE(same(decode_stats(as_value(encode_stats(raw.value()))).value(), raw.value()));
  }
  CHECK(good > 100);
}

TEST_CASE("order: written and read back: the same") {
  Order order;
  order.kind = OrderKind::cancel;
  order.boot.text = "b1";
  order.epoch = 4;
  order.ttl = Duration{10'000};
  order.of = {"1700000000000-3"};
  const Order read = decode_order(as_value(encode_order(order))).value();
  CHECK(read.kind == order.kind);
  CHECK(read.boot == order.boot);
  CHECK(read.epoch == 4);
  CHECK(read.ttl == order.ttl);
  CHECK(read.of == order.of);
  order.of.reset();
  const Fields fields = encode_order(order);
  CHECK(fields == Fields{{"order", "cancel"}, {"boot", "b1"}, {"epoch", "4"}, {"ttl_ms", "10000"}});
  CHECK_FALSE(decode_order(as_value(fields)).value().of);
  CHECK_FALSE(decode_order(as_value(fields)).value().wake_after);
  order.wake_after = Duration{43'200'000};
  CHECK(encode_order(order).back() ==
        std::pair<std::string, std::string>{"wake_after_ms", "43200000"});
  CHECK(decode_order(as_value(encode_order(order))).value().wake_after == order.wake_after);
}

TEST_CASE("order, reply: of one VM: named, and written back by its agent") {
  Order order;
  order.kind = OrderKind::end_incoming;
  order.boot.text = "b1";
  CHECK_FALSE(decode_order(as_value(encode_order(order))).ok());
  order.vm = vm_id("a");
  CHECK(encode_order(order).back() == std::pair<std::string, std::string>{"vm", vm_id("a").text()});
  CHECK(decode_order(as_value(encode_order(order))).value().vm == vm_id("a"));
  order.kind = OrderKind::cancel;
  CHECK_FALSE(decode_order(as_value(encode_order(order))).ok());
  Reply reply;
  reply.host.text = "h";
  reply.order.text = "1-0";
  CHECK_FALSE(decode_reply(as_value(encode_reply(reply))).value().vm);
  reply.vm = vm_id("a");
  CHECK(decode_reply(as_value(encode_reply(reply))).value().vm == vm_id("a"));
}

TEST_CASE("order, reply: garbage: malformed, and the error says where") {
  const Fields fields{{"order", "suspend"}, {"boot", "b"}, {"epoch", "1"}, {"ttl_ms", "5"}};
  const std::vector<Spoiled> table{
      {"kind", set("order", "explode"), "order: order"},
      {"no boot", set("boot", ""), "boot"},
      {"epoch", set("epoch", "-1"), "epoch"},
      {"huge", set("epoch", "1000000000000001"), "epoch"},
      {"ttl", set("ttl_ms", ""), "ttl_ms"},
      {"missing", [](Fields& f) { f.pop_back(); }, "ttl_ms: missing"},
      {"unknown", [](Fields& f) { f.emplace_back("x", "1"); }, "unknown"},
      {"twice", [](Fields& f) { f.push_back(f[0]); }, "twice"},
      {"of", [](Fields& f) { f.emplace_back("of", "17"); }, "of: no entry id"},
      {"vm", [](Fields& f) { f.emplace_back("vm", "no-uuid"); }, "vm"},
  };
  for (const Spoiled& row : table) {
    Fields spoiled = fields;
    row.spoil(spoiled);
    const auto order = decode_order(as_value(spoiled));
    REQUIRE_MESSAGE(!order.ok(), row.what);
    CHECK_MESSAGE(order.error().detail.find(row.says) != std::string::npos, order.error().detail);
  }
  Reply reply;
  reply.host.text = "h";
  reply.order.text = "1-0";
  reply.kind = ReplyKind::refused;
  reply.refusal = RefusalKind::in_use;
  Fields good = encode_reply(reply);
  CHECK(decode_reply(as_value(good)).value().refusal == RefusalKind::in_use);
  for (const char* detail : {"a\nb", "\x1b[2J", "\xff", "\xc0\xaf", "\xed\xa0\x80"}) {
    Fields bad = good;
    set("detail", detail)(bad);
    CHECK_FALSE(decode_reply(as_value(bad)).ok());
  }
  set("detail", "bétà 眠り 🌙")(good);
  CHECK(decode_reply(as_value(good)).ok());
}

TEST_CASE("reply: resumed from a sleep nobody ordered: no order in it") {
  Reply reply;
  reply.host.text = "h";
  reply.kind = ReplyKind::resumed;
  reply.slept = Duration{5'000};
  const Reply read = decode_reply(as_value(encode_reply(reply))).value();
  CHECK(read.order.text.empty());
  CHECK(read.slept == Duration{5'000});
  reply.kind = ReplyKind::accepted;
  CHECK_FALSE(decode_reply(as_value(encode_reply(reply))).ok());
}

TEST_CASE("hello: written and read back: the same, with 4096 VMs too") {
  for (const int vms : {0, 1, 4'096}) {
    HostHello hello = hello_of(vms);
    if (vms == 1) hello.vms[0].unmovable = "has a PCI device of the host";
    if (vms == 1) hello.facts = HostFacts{.qemu_user = "root", .address_here = true};
    const HostHello read = decode_hello(as_value(encode_hello(hello))).value();
    CHECK(read.host == hello.host);
    CHECK(read.capacity == hello.capacity);
    CHECK(read.hello == hello.hello);
    CHECK(read.libvirt_uri == hello.libvirt_uri);
    CHECK(read.epoch == 7);
    CHECK(read.vms == hello.vms);
    CHECK(read.facts == hello.facts);
  }
}

TEST_CASE("hello: never said: refused; garbage: malformed, and the error says where") {
  CHECK(decode_hello(as_value({})).error().code == Errc::refused);
  CHECK(decode_hello(as_value(encode_hello(hello_of(4'097)))).error().code == Errc::malformed);
  const std::string vm = R"({"vm":")" + uuid(1) + R"(","name":"a","vcpus":1,"max_memory_kib":1})";
  CHECK_NOTHROW([&] {
    Fields fine = encode_hello(hello_of(0));
    set("vms", "[" + vm + "]")(fine);
    return decode_hello(as_value(fine)).value();
  }());
  const std::vector<Spoiled> table{
      {"state", set("state", "sideways"), "state"},
      {"capacity 0", set("capacity_mcores", "0"), "capacity_mcores"},
      {"memory", set("memory_kib", "-4"), "memory_kib"},
      {"uri", set("libvirt_uri", "qemu\n"), "libvirt_uri"},
      {"facts no JSON", set("facts", "{"), "facts"},
      {"facts unknown key", set("facts", R"({"x":1})"), "facts"},
      {"facts port",
       [](Fields& f) {
         HostHello odd = hello_of(0);
         odd.facts.emplace().last_port = 70'000;
         f = encode_hello(odd);
       },
       "facts: ports"},
      {"vms no JSON", set("vms", "["), "vms"},
      {"vms no list", set("vms", "{}"), "vms"},
      {"deep", set("vms", std::string(100'000, '[')), "vms"},
      {"vm twice", set("vms", "[" + vm + "," + vm + "]"), "twice there"},
      {"vm unknown key", set("vms", "[" + vm.substr(0, vm.size() - 1) + R"(,"x":1}])"), "vms"},
      {"no uuid", set("vms", R"([{"vm":"a","name":"a","vcpus":1,"max_memory_kib":1}])"), "vms"},
      {"negative",
       set("vms", R"([{"vm":")" + uuid(1) + R"(","name":"a","vcpus":1,"max_memory_kib":-1}])"),
       "max_memory_kib"},
      {"name",
       set("vms", R"([{"vm":")" + uuid(1) + R"(","name":"a\u001b","vcpus":1,"max_memory_kib":1}])"),
       "name"},
  };
  for (const Spoiled& row : table) {
    Fields fields = encode_hello(hello_of(1));
    row.spoil(fields);
    const auto hello = decode_hello(as_value(fields));
    REQUIRE_MESSAGE(!hello.ok(), std::string{row.what});
    CHECK(hello.error().code == Errc::malformed);
    CHECK_MESSAGE(hello.error().detail.find(row.says) != std::string::npos, hello.error().detail);
  }
}
