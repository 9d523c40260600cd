// A real agent on a real redis-server, libvirt being its test driver in this process, and a
// controller that is this test: gives orders, reads replies, samples and the host's hash.
#pragma once

#include <doctest/doctest.h>
#include <libvirt/libvirt.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "drivers/agent/agent.h"
#include "drivers/redis/wire.h"
#include "tests/redis/redis_fixture.h"

namespace agent_tests {

using namespace drivers;
using agent::AgentSettings;
using reactor::Duration;
using redis_tests::RedisServer;
using redis_tests::run_until;
using redis_tests::TempFolder;

/// libvirt's test driver, shared in this process as long as a connection is held. Begins without
/// domains.
class TestHost {
 public:
  TestHost() : connection_(virConnectOpen("test:///default")) {
    REQUIRE(connection_ != nullptr);
    destroy("test");
  }
  ~TestHost() { virConnectClose(connection_); }
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  void create(const std::string& name) {
    const std::string xml = "<domain type='test'><name>" + name +
                            "</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
                            "<os><type>hvm</type></os></domain>";
    virDomainPtr domain = virDomainCreateXML(connection_, xml.c_str(), 0);
    REQUIRE(domain != nullptr);
    virDomainFree(domain);
  }
  void destroy(const std::string& name) {
    virDomainPtr domain = virDomainLookupByName(connection_, name.c_str());
    REQUIRE(domain != nullptr);
    virDomainDestroy(domain);
    virDomainFree(domain);
  }

 private:
  virConnectPtr connection_;
};

inline void write_script(const std::string& path, const std::string& text) {
  std::ofstream{path} << "#!/bin/sh\n" << text << "\n";
  chmod(path.c_str(), 0700);
}

inline const redis::Keys kKeys{"test"};
inline const actors::HostId kHost{"h1"};

/// Settings with everything ten times as fast as by default.
inline AgentSettings quick_settings(const TempFolder& folder) {
  AgentSettings settings;
  settings.host = kHost;
  settings.pool = "test";
  settings.version = "0";
  settings.libvirt = "test:///default";
  settings.libvirt_uri = "qemu+tcp://10.0.0.1/system";
  settings.interval = Duration{100};
  settings.ack_limit = Duration{1'000};
  settings.suspend_command = {folder.file("suspend")};
  write_script(folder.file("suspend"), "sleep 0.3");
  return settings;
}

/// The controller's end of Redis.
class Controller {
 public:
  Controller(reactor::Loop& loop, const redis::Endpoint& endpoint)
      : loop_(loop), redis_(loop, endpoint, {}) {}

  redis::Value ask(std::vector<std::string> words) {
    const auto answer = redis_tests::ask(loop_, redis_, std::move(words));
    return answer.ok() ? answer.value() : redis::Value{};
  }

  std::optional<actors::ports::HostHello> hello() {
    auto read = redis::decode_hello(ask({"HGETALL", kKeys.host(kHost)}));
    return read.ok() ? std::optional{read.value()} : std::nullopt;
  }

  std::vector<actors::ports::HostSample> samples() {
    std::vector<actors::ports::HostSample> samples;
    for (const auto& entry : ask({"XRANGE", kKeys.stats(), "-", "+"}).items) {
      const auto sample = redis::decode_stats(entry.items.at(1));
      REQUIRE(sample.ok());
      samples.push_back(sample.value());
    }
    return samples;
  }

  /// "accepted", "refused in_use", ... of one order, in the order they came.
  std::vector<std::string> replies(const std::string& order) {
    std::vector<std::string> texts;
    for (const auto& entry : ask({"XRANGE", kKeys.replies(), "-", "+"}).items) {
      const auto reply = redis::decode_reply(entry.items.at(1));
      REQUIRE(reply.ok());
      if (reply.value().order.text != order) continue;
      std::string text{actors::name_of(reply.value().kind)};
      if (reply.value().kind == actors::ports::ReplyKind::refused)
        text += " " + std::string{actors::name_of(reply.value().refusal)};
      texts.push_back(text);
    }
    return texts;
  }

  /// Its entry id.
  std::string give(const actors::ports::Order& order, const std::string& id = "*") {
    std::vector<std::string> words{"XADD", kKeys.orders(kHost), id};
    for (const auto& [field, text] : redis::encode_order(order)) {
      words.push_back(field);
      words.push_back(text);
    }
    return ask(words).text;
  }

  bool wait_for_replies(const std::string& order, const std::vector<std::string>& expected) {
    return wait([&] { return replies(order) == expected; });
  }

  template <class Met>
  bool wait(Met met, Duration limit = Duration{10'000}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
      if (met()) return true;
      redis_tests::run_for(loop_, Duration{20});
    }
    return met();
  }

 private:
  reactor::Loop& loop_;
  redis::Connection redis_;
};

struct Bench {
  TestHost libvirt;
  TempFolder folder;
  RedisServer server;
  AgentSettings settings = quick_settings(folder);
  reactor::Loop loop;  // agents end after it has run for the last time
  std::optional<agent::Agent> host;
  Controller controller{loop, server.unix_endpoint()};

  void start() { host.emplace(loop, settings, server.unix_endpoint(), actors::BootId{"boot-a"}); }
  bool start_and_wait() {
    start();
    return controller.wait([&] { return !controller.samples().empty(); });
  }

  static actors::ports::Order order(actors::ports::OrderKind kind,
                                    std::optional<actors::OrderId> of = {}) {
    return {kind, {"boot-a"}, 1, Duration{10'000}, std::move(of)};
  }
  std::string suspend() { return controller.give(order(actors::ports::OrderKind::suspend)); }
  std::string ack(const std::string& of) {
    return controller.give(order(actors::ports::OrderKind::ack, actors::OrderId{of}));
  }
};

}  // namespace agent_tests
