#include "tests/agent/agent_bench.h"

using namespace agent_tests;
using actors::ports::AgentState;

namespace {

/// Each seq there from the first to the last, whatever came twice.
bool no_gap(std::vector<actors::ports::HostSample> samples, std::int64_t first) {
  for (const auto& sample : samples) {
    if (sample.seq > first) return false;
    if (sample.seq == first) ++first;
  }
  return true;
}

}  // namespace

TEST_CASE("agent: start: hello with what the host is, then samples without a gap") {
  Bench bench;
  bench.libvirt.create("web1");
  REQUIRE(bench.start_and_wait());
  const auto hello = bench.controller.hello();
  REQUIRE(hello);
  CHECK(hello->host == kHost);
  CHECK(hello->boot.text == "boot-a");
  CHECK(hello->state == AgentState::up);
  CHECK(hello->capacity.count >= 1'000);
  CHECK(hello->memory.count > 0);
  CHECK(hello->libvirt_uri == "qemu+tcp://10.0.0.1/system");
  REQUIRE(hello->vms.size() == 1);
  CHECK(hello->vms[0].name == "web1");
  CHECK(hello->vms[0].max_memory.count == 64 * 1024);
  CHECK(!hello->vms[0].unmovable);

  REQUIRE(bench.controller.wait([&] { return bench.controller.samples().size() >= 10; }));
  const auto samples = bench.controller.samples();
  CHECK(no_gap(samples, 1));
  CHECK(samples.front().revision == hello->revision);
  const auto span = samples[9].t - samples[0].t;  // by deadline: late ones are made up for
  CHECK(span >= Duration{850});
  CHECK(span <= Duration{1'300});
}

TEST_CASE("agent: a VM comes and goes: the inventory follows, with a higher revision") {
  Bench bench;
  REQUIRE(bench.start_and_wait());
  const auto before = bench.controller.hello();
  REQUIRE(before);
  CHECK(before->vms.empty());
  bench.libvirt.create("web1");
  CHECK(bench.controller.wait([&] { return bench.controller.hello()->vms.size() == 1; }));
  const auto with = bench.controller.hello();
  CHECK(with->revision > before->revision);
  CHECK(with->hello == before->hello);
  CHECK(bench.controller.wait(
      [&] { return bench.controller.samples().back().revision == with->revision; }));
  bench.libvirt.destroy("web1");
  CHECK(bench.controller.wait([&] { return bench.controller.hello()->vms.empty(); }));
}

TEST_CASE("agent: libvirt not there: no hello, no samples") {
  Bench bench;
  bench.settings.libvirt = "test:///nonexistent.xml";
  bench.start();
  redis_tests::run_for(bench.loop, Duration{500});
  CHECK(!bench.controller.hello());
  CHECK(bench.controller.samples().empty());
}

TEST_CASE("agent: Redis gone for five seconds: no second is lost, and the hello is written again") {
  Bench bench;
  bench.settings.interval = Duration{200};  // at 100 ms, 60 samples would not last for the outage
  REQUIRE(bench.start_and_wait());
  const auto last = bench.controller.samples().back().seq;
  bench.server.kill();
  redis_tests::run_for(bench.loop, Duration{5'000});
  bench.server.start();  // empty: nothing was saved
  REQUIRE(bench.controller.wait([&] { return bench.controller.samples().size() >= 30; }));
  const auto samples = bench.controller.samples();
  CHECK(samples.front().seq <=
        last + 2);  // one may have been written between our look and the kill
  CHECK(no_gap(samples, samples.front().seq));
  CHECK(bench.controller.hello());
}

TEST_CASE("outbox: Redis gone for longer than a minute: the newest 60 samples, in order") {
  reactor::Loop loop;
  RedisServer server;
  redis::Connection connection{loop, server.unix_endpoint(), {}};
  agent::Outbox outbox{[&](agent::Words words, redis::ReplyDone done) {
    connection.command(std::move(words), std::move(done));
  }};
  for (int i = 1; i <= 70; ++i)
    outbox.put_sample({"RPUSH", "list", std::to_string(i)});
  CHECK(outbox.lost() == 10);
  REQUIRE(run_until(loop, [&] { return connection.up(); }));
  outbox.up();
  REQUIRE(run_until(loop, [&] { return outbox.empty(); }));
  const auto list = redis_tests::ask(loop, connection, {"LRANGE", "list", "0", "-1"});
  REQUIRE(list.ok());
  REQUIRE(list.value().items.size() == 60);
  for (std::size_t i = 0; i < 60; ++i)
    CHECK(list.value().items[i].text == std::to_string(i + 11));
}

TEST_CASE("outbox: what waits goes out in its order: hash, replies, samples") {
  std::vector<std::string> sent;
  redis::ReplyDone answer;
  agent::Outbox outbox{[&](const agent::Words& words, redis::ReplyDone done) {
    sent.push_back(words.front());
    answer = std::move(done);
  }};
  outbox.put_sample({"sample"});
  outbox.put_reply({"reply"});
  outbox.put_hello({"old hello"});
  outbox.put_hello({"hello"});
  outbox.up();
  answer(reactor::Error{reactor::Errc::outcome_unknown, ""});  // may stand there: once more
  outbox.up();
  for (int i = 0; i < 3; ++i)
    std::exchange(answer, {})(redis::Value{});
  CHECK(sent == std::vector<std::string>{"hello", "hello", "reply", "sample"});
  CHECK(outbox.empty());
}
