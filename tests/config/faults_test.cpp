// Files that are wrong, and what their operators are told: the place, the key, and a word of
// advice.
#include <doctest/doctest.h>

#include "drivers/config/config.h"
#include "tests/config/example.h"

using namespace drivers::config;

namespace {

struct Broken {
  std::string what, text, expected;  ///< expected: how its only fault begins
};

// Right hosts follow on each of these.
const std::vector<Broken> kSettings{
    {"unknown key", "windows: 10s\n", "1:1: windows: unknown key; did you mean 'window'?"},
    {"unknown key in a section", "hold:\n  sever: 20s\n",
     "2:3: hold.sever: unknown key; did you mean 'server'?"},
    {"key of another section", "return_threshold: 40%\n",
     "1:1: return_threshold: unknown key here; did you mean consolidation.return_threshold?"},
    {"key like nothing", "zebra: 1\n", "1:1: zebra: unknown key; known here: "},
    {"dotted key", "hold.server: 20s\n",
     "1:1: hold.server: is written nested: 'hold:' and below it 'server:'"},
    {"key twice", "window: 10s\npolicy: paper2011\nwindow: 12s\n",
     "3:1: window: is given twice, first in line 1"},
    {"section twice", "hold:\n  server: 20s\nhold:\n  warehouse: 20s\n",
     "3:1: hold: is given twice, first in line 1"},
    {"section without content", "hold:\n", "1:1: hold: is a section; expected below it: server, "},
    {"value for a section", "hold: 20s\n", "1:7: hold: is a section"},
    {"section for a value", "window:\n  server: 20s\n",
     "2:3: window: is a section here; expected a"},
    {"list for a value", "window: [10s]\n", "1:9: window: is a list here; expected a time"},
    {"no value", "window:\n", "1:1: window: has no value; expected a time"},
    {"no unit", "window: 10\n", "1:9: window: '10' has no unit; expected a time"},
    {"wrong unit", "window: 10min\n", "1:9: window: '10min' ends in 'min', which is no unit here"},
    {"decimal", "window: 1.5s\n", "1:9: window: '1.5s' is no whole number"},
    {"word for a number", "warehouse:\n  tickets: one\n",
     "2:12: warehouse.tickets: 'one' is not a whole number"},
    {"share without %", "distribution:\n  threshold: 90\n",
     "2:14: distribution.threshold: '90' has no unit; expected a share such as 90%"},
    {"thousand bytes", "redis:\n  keep_bytes: 256MB\n",
     "2:15: redis.keep_bytes: '256MB' ends in 'MB', which is no unit here"},
    {"out of range", "warehouse:\n  tickets: 0\n",
     "2:12: warehouse.tickets: 0 is out of range; allowed: 1..64"},
    {"negative", "window: -10s\n", "1:9: window: -10s is out of range; allowed: 2s..10m"},
    {"more than a number holds", "window: 99999999999999999999s\n",
     "1:9: window: '99999999999999999999s' is too large a number"},
    {"more than a product holds", "window: 9999999999999999h\n",
     "1:9: window: 9999999999999999h is too large a number"},
    {"yes for true", "dry_run: yes\n", "1:10: dry_run: 'yes' is neither true nor false"},
    {"unknown word", "migration:\n  mode: stop_and_copy\n",
     "2:9: migration.mode: 'stop_and_copy' is not known here; choose one of: postcopy, "},
    {"unknown policy", "policy: genetic\n", "1:9: policy: 'genetic' is not known here"},
    {"blank in a name", "pool: my pool\n", "1:7: pool: 'my pool' is no name"},
    {"relative path", "state_dir: nemuri\n", "1:12: state_dir: 'nemuri' is no absolute path"},
    {"socket path too long", "tail:\n  socket: /" + std::string(120, 'x') + "\n",
     "2:11: tail.socket: the path has 121 bytes"},
    {"no list", "exclude: db1\n", "1:10: exclude: is no list; expected a list of names"},
    {"excluded twice", "exclude: [db1, db2, db1]\n", "1:21: exclude: names 'db1' twice"},
    {"secret", "redis:\n  password: hunter2\n",
     "2:3: redis.password: secrets do not belong in this file"},
    {"secret in an address", "redis:\n  url: tcp://me:hunter2@r:6379\n",
     "2:8: redis.url: has a user or a secret in it"},
    {"address of no Redis", "redis:\n  url: redis.example\n",
     "2:8: redis.url: 'redis.example' is no address of a Redis"},
    {"two Redises", "redis:\n  url: tcp://r:6379\n  listen: 10.0.0.1:6379\n",
     "3:3: redis.listen: is for nemuri's own Redis"},
    {"password of no Redis", "redis:\n  password_file: /etc/nemuri/redis\n",
     "2:3: redis.password_file: is for the Redis of redis.url"},
    {"return above overload", "consolidation:\n  return_threshold: 95%\n",
     "2:3: consolidation.return_threshold: must be below the threshold of distribution, or VMs "
     "would "
     "go to and fro (consolidation.return_threshold is 95%, distribution.threshold is 90%)"},
    {"overload below return", "distribution:\n  threshold: 40%\n",
     "2:3: consolidation.return_threshold: must be below"},
    {"margin leaves nothing", "warehouse:\n  admission_margin: 90%\n",
     "2:3: warehouse.admission_margin: must be below"},
    {"hold shorter than the window", "hold:\n  server: 5s\n",
     "2:3: hold.server: must not be shorter than the window"},
    {"first longer than longest", "power:\n  backoff_first: 1h\n",
     "2:3: power.backoff_first: must not be longer than what it doubles up to"},
    {"one way longer than all", "power:\n  wake_deadline: 30s\n",
     "2:3: power.wake_each: must not be longer"},
    {"order outlives its suspend", "power:\n  order_ttl: 1m\n",
     "2:3: power.order_ttl: must not be longer than the deadline"},
    {"command outlives its turn", "exec:\n  limit: 2m\n", "2:3: exec.limit: must not be longer"},
    {"second document", "window: 10s\n---\nwindow: 11s\n", "3:1: has a second document"},
};

// Right hosts come before these, in three lines.
const std::vector<Broken> kMoreHosts{
    {"no role", "  - name: h1\n    may_sleep: false\n", "4:5: hosts.h1.role: is missing"},
    {"no name", "  - role: server\n    may_sleep: false\n", "4:5: hosts[3].name: is missing"},
    {"unknown role", "  - {name: h1, role: slave, may_sleep: false}\n",
     "4:22: hosts.h1.role: 'slave' is not known here; choose one of: warehouse, server"},
    {"no host", "  - h1\n", "4:5: hosts: has an entry that is no host"},
    {"given twice", "  - {name: wh1, role: server, may_sleep: false}\n",
     "4:12: hosts: host 'wh1' is given twice, first in line 2; keep one"},
    {"bad name", "  - {name: 'h 1', role: server, may_sleep: false}\n",
     "4:12: hosts.h 1.name: 'h 1' is no name"},
    {"unknown key", "  - {name: h1, role: server, maysleep: false, may_sleep: false}\n",
     "4:30: hosts.h1.maysleep: unknown key; did you mean 'may_sleep'?"},
    {"sleeps for ever", "  - {name: h1, role: server}\n",
     "4:5: hosts.h1.may_sleep: it may sleep, but nothing wakes it"},
    {"proof without a command",
     "  - {name: h1, role: server, may_sleep: false, suspend: {verify: command}}\n",
     "4:58: hosts.h1.suspend.verify: 'command' asks the host's power_command"},
    {"way of no kind", "  - {name: h1, role: server, wake: [{snmp: x}]}\n",
     "4:38: hosts.h1.wake: 'snmp' is no way of waking; known: exec, wol, ipmi, redfish, amt"},
    {"way misspelt", "  - {name: h1, role: server, wake: [{ipmy: {}}]}\n",
     "4:38: hosts.h1.wake: 'ipmy' is no way of waking; did you mean 'ipmi'?"},
    {"way with two kinds", "  - {name: h1, role: server, wake: [{exec: [/bin/true], wol: x}]}\n",
     "4:37: hosts.h1.wake: has an item that is no way of waking"},
    {"way without settings", "  - {name: h1, role: server, wake: [{wol: x}]}\n",
     "4:43: hosts.h1.wake: wol is a section; expected its settings below it"},
    {"way as a text", "  - {name: h1, role: server, wake: [etherwake]}\n",
     "4:37: hosts.h1.wake: has an item that is no way of waking"},
    {"command line as a text", "  - {name: h1, role: server, wake: [{exec: wake h1}]}\n",
     "4:44: hosts.h1.wake: exec is no list here; expected an argument list"},
    {"secret in a command",
     "  - {name: h1, role: server, wake: [{exec: [ipmitool, -P, hunter2]}]}\n",
     "4:44: hosts.h1.wake: has a secret in it"},
    {"bad URI", "  - {name: h1, role: server, may_sleep: false, libvirt_uri: h1}\n",
     "4:61: hosts.h1.libvirt_uri: 'h1' is no libvirt URI"},
};

// Each is the list of a host's ways, in the fourth line from column 37 on.
const std::vector<Broken> kWays{
    {"no MAC", "wol: {mac: 52-54, broadcast: 10.0.0.255}",
     "4:49: hosts.h1.wake[1].wol.mac: '52-54' is no MAC address; expected one such as"},
    {"MAC of a group", "wol: {mac: '01:00:5e:00:00:01', broadcast: 10.0.0.255}",
     "4:49: hosts.h1.wake[1].wol.mac: '01:00:5e:00:00:01' is the address of a group"},
    {"no broadcast", "wol: {mac: '52:54:00:00:00:01'}",
     "4:43: hosts.h1.wake[1].wol.broadcast: is missing; wol does not work without it"},
    {"broadcast of everywhere", "wol: {mac: '52:54:00:00:00:01', broadcast: 255.255.255.255}",
     "4:81: hosts.h1.wake[1].wol.broadcast: 255.255.255.255 leaves by one network card only"},
    {"name for a broadcast", "wol: {mac: '52:54:00:00:00:01', broadcast: lan}",
     "4:81: hosts.h1.wake[1].wol.broadcast: 'lan' is no IPv4 address"},
    {"relative secret",
     "wol: {mac: '52:54:00:00:00:01', broadcast: 10.0.0.255, secure_on_file: a/b}",
     "4:109: hosts.h1.wake[1].wol.secure_on_file: 'a/b' is neither an absolute path nor a name"},
    {"no password", "ipmi: {address: 10.0.1.1, user: u}",
     "4:44: hosts.h1.wake[1].ipmi.password_file: is missing; ipmi does not work without it"},
    {"password itself", "ipmi: {address: 10.0.1.1, user: u, password_file: x, password: hunter2}",
     "4:91: hosts.h1.wake[1].ipmi.password: secrets do not belong in this file; put it into a file "
     "of mode 0600 and name that in hosts.h1.wake[1].ipmi.password_file"},
    {"port in the address", "ipmi: {address: '10.0.1.1:623', user: u, password_file: x}",
     "4:54: hosts.h1.wake[1].ipmi.address: '10.0.1.1:623' is no address"},
    {"user too long", "ipmi: {address: 10.0.1.1, user: abcdefghijklmnopq, password_file: x}",
     "4:70: hosts.h1.wake[1].ipmi.user: 'abcdefghijklmnop' is no user; allowed: up to 16"},
    {"unknown suite", "ipmi: {address: b, user: u, password_file: x, cipher_suite: 1}",
     "4:98: hosts.h1.wake[1].ipmi.cipher_suite: '1' is not known here; choose one of: 3, 17"},
    {"port too large", "ipmi: {address: b, user: u, password_file: x, port: 65536}",
     "4:90: hosts.h1.wake[1].ipmi.port: 65536 is out of range; allowed: 1..65535"},
    {"limit beyond its turn", "ipmi: {address: b, user: u, password_file: x, limit: 2m}",
     "4:84: hosts.h1.wake[1].ipmi.limit: must not be longer than the time of one way of waking"},
    {"unknown key of a way", "ipmi: {adress: b, address: b, user: u, password_file: x}",
     "4:45: hosts.h1.wake[1].ipmi.adress: unknown key; did you mean 'address'?"},
    {"path in the url",
     "redfish: {url: https://b/redfish, system: /redfish/v1/Systems/1, user: u, "
     "password_file: x}",
     "4:53: hosts.h1.wake[1].redfish.url: 'https://b/redfish' is no address of a BMC"},
    {"secret in the url", "amt: {url: 'https://admin:hunter2@b:16993', password_file: x}",
     "4:49: hosts.h1.wake[1].amt.url: has a user or a secret in it; use `user` and"},
    {"system of something else",
     "redfish: {url: https://b, system: Systems/1, user: u, "
     "password_file: x}",
     "4:72: hosts.h1.wake[1].redfish.system: 'Systems/1' is no Redfish resource"},
    {"pin of another kind", "amt: {url: https://b, password_file: x, pin: sha1//abc}",
     "4:83: hosts.h1.wake[1].amt.pin: 'sha1//abc' is no pin; expected sha256// and 44 characters"},
    {"pin without TLS", "amt: {url: http://b, password_file: x, ca_file: /c}",
     "4:77: hosts.h1.wake[1].amt.ca_file: is for TLS, and the url is http"},
};

// Nothing is added to these.
const std::vector<Broken> kWhole{
    {"no YAML", "window: [10s\n", "2:1: is no YAML"},
    {"a tab for indentation", "hold:\n\tserver: 20s\n", "2:8: is no YAML"},
    {"nothing in it", "", "1:1: is empty"},
    {"comments only", "# later\n", "1:1: is empty"},
    {"a list", "- a\n- b\n", "1:1: is no list of `key: value` lines"},
    {"a word", "nemuri\n", "1:1: is no list of `key: value` lines"},
    {"no hosts", "window: 10s\n", "1:1: hosts: there are no hosts"},
    {"hosts, but none", "hosts:\n", "1:1: hosts: is no list"},
    {"hosts as a section", "hosts:\n  h1: {role: server}\n", "2:3: hosts: is no list"},
    {"no server node", "hosts:\n  - {name: wh1, role: warehouse, may_sleep: false}\n",
     "1:1: hosts: there is no server node"},
    {"no warehouse node", "hosts:\n  - {name: s1, role: server, may_sleep: false}\n",
     "1:1: hosts: there is no warehouse node"},
};

void check(const Broken& broken, const std::string& text) {
  CAPTURE(broken.what);
  const auto result = read(text);
  const auto* faults = std::get_if<Faults>(&result);
  REQUIRE(faults != nullptr);
  CHECK(faults->size() == 1);
  // Without the file's name and what follows the part that is expected.
  CHECK(to_text(faults->front(), "").substr(1, broken.expected.size()) == broken.expected);
}

}  // namespace

TEST_CASE("config: one fault in the settings: its place, its key and advice") {
  for (const Broken& broken : kSettings)
    check(broken, broken.text + kHosts);
}

TEST_CASE("config: one fault in a host: its place, the host and advice") {
  for (const Broken& broken : kMoreHosts)
    check(broken, kHosts + broken.text);
}

TEST_CASE("config: one fault in a way of waking: its place, the way and advice") {
  for (const Broken& broken : kWays)
    check(broken, kHosts + "  - {name: h1, role: server, wake: [{" + broken.text + "}]}\n");
}

TEST_CASE("config: a fault in the second way: told apart by its place in the list") {
  check({"", "",
         "4:67: hosts.h1.wake[2].ipmi.address: '' is no address; expected one such as 10.0.1.11"},
        kHosts +
            "  - {name: h1, role: server, wake: [{exec: [x]}, {ipmi: {address: '', user: u, "
            "password_file: x}}]}\n");
}

TEST_CASE("config: suspend.verify s3: needs something that reads the power state") {
  const std::string host = "  - {name: h1, role: server, suspend: {verify: s3}, wake: ";
  check(
      {"", "", "4:40: hosts.h1.suspend.verify: 's3' reads the host's power state, and nothing can"},
      kHosts + host + "[{exec: [x]}]}\n");
  const std::string ipmi = "{ipmi: {address: b, user: u, password_file: x}}";
  for (const std::string& right :
       {"[{exec: [x]}, " + ipmi + "]}\n", std::string{"[{exec: [x]}], power_command: [y]}\n"}}) {
    const auto result = read(kHosts + host + right);
    REQUIRE(std::holds_alternative<Loaded>(result));
    CHECK(std::get<Loaded>(result).settings.hosts.back().verify == actors::SuspendProof::s3);
  }
}

TEST_CASE("config: a fault of the whole file: its place and advice") {
  for (const Broken& broken : kWhole)
    check(broken, broken.text);
}

TEST_CASE("config: several faults: all are told, by line") {
  const auto result = read("windw: 10s\nhold:\n  server: 20\ndry_run: 1\n" + kHosts +
                           "  - {name: wh1, role: server}\n  - {role: x}\nwindow: []\n");
  std::vector<std::string> places;
  for (const Fault& fault : std::get<Faults>(result))
    places.push_back(std::to_string(fault.line) + " " + fault.key);
  CHECK(places == std::vector<std::string>{"1 windw", "3 hold.server", "4 dry_run", "8 hosts",
                                           "9 hosts[4].name", "9 hosts[4].may_sleep",
                                           "9 hosts[4].role", "10 window"});
}

TEST_CASE("config: a fault in one of two settings that must agree: no word on the other") {
  const auto result = read("window: 30\nhold:\n  server: 5s\n" + kHosts);
  CHECK(std::get<Faults>(result).size() == 1);
}

TEST_CASE("config: what is no readable file: a fault") {
  for (const char* path : {"/nowhere/conf.yaml", "/tmp", "/dev/null"}) {
    const auto result = load(path);
    REQUIRE(std::holds_alternative<Faults>(result));
    CHECK(std::get<Faults>(result).size() == 1);
  }
}

TEST_CASE("config: a tree of great depth and a file of great size: a fault, not a crash") {
  CHECK(std::holds_alternative<Faults>(read(std::string(100'000, '['))));
  CHECK(std::holds_alternative<Faults>(read(std::string(2 << 20, 'x'))));
}

// Not one of these may crash or throw; whether they are right does not matter.
TEST_CASE("config: a right file, cut or with one byte changed: no crash") {
  const std::string right = "window: 10s\nexclude: [a, b]\n" + kHosts;
  for (std::size_t i = 0; i < right.size(); ++i) {
    static_cast<void>(read(right.substr(0, i)));
    for (const char byte : {'\0', ':', '-', '[', '}', '&', '*', '!', '\n', '\t', '\xff'}) {
      std::string changed = right;
      changed[i] = byte;
      static_cast<void>(read(changed));
    }
  }
}
