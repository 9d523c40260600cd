#include <doctest/doctest.h>

#include <optional>

#include "drivers/redis/history.h"
#include "drivers/redis/holder.h"
#include "drivers/redis/redis_stream.h"
#include "drivers/redis/wire.h"
#include "tests/redis/redis_fixture.h"
#include "tests/vm_id.h"

using namespace actors::ports;
using namespace drivers::redis;
using namespace redis_tests;
using actors::HostId;
using actors::Kib;
using actors::Mcores;
using actors::OrderId;
using actors::StreamId;
using actors::VmId;
using reactor::Errc;
using reactor::Error;
using reactor::Loop;
using reactor::Result;
using reactor::Unit;

namespace {

const Keys kKeys{"p"};
const VmId kVm = vm_id("11111111-2222-4333-8444-555555555555");

struct Director final : StreamListener {
  std::vector<StatsBatch> batches;
  std::vector<Reply> replies;
  std::vector<std::int64_t> epochs;
  std::vector<std::string> blinds;
  bool sees = false;
  int out_of_turn = 0;  // entries while blind

  void stats(StatsBatch batch) override {
    if (!sees) ++out_of_turn;
    batches.push_back(std::move(batch));
  }
  void reply(Reply reply) override {
    if (!sees) ++out_of_turn;
    replies.push_back(std::move(reply));
  }
  void leading(std::int64_t epoch) override {
    CHECK_FALSE(sees);
    sees = true;
    epochs.push_back(epoch);
  }
  void blind(std::string why) override {
    sees = false;
    blinds.push_back(std::move(why));
  }

  std::size_t samples() const {
    std::size_t count = 0;
    for (const StatsBatch& batch : batches)
      count += batch.samples.size();
    return count;
  }
  std::int64_t malformed() const {
    std::int64_t count = 0;
    for (const StatsBatch& batch : batches)
      count += batch.malformed;
    return count;
  }
  bool was_blind_for(const std::string& why) const {
    return std::any_of(blinds.begin(), blinds.end(), [&](const std::string& said) {
      return said.find(why) != std::string::npos;
    });
  }
};

HostSample sample(std::int64_t seq) {
  HostSample sample;
  sample.host.text = "h1";
  sample.boot.text = "b1";
  sample.seq = seq;
  sample.t = Duration{seq * 1'000};
  sample.dt = Duration{1'000};
  sample.vms.push_back({kVm, {Mcores{500}, Kib{1'024}, 0, 0, 0, 0}, 1, VmLetter::running});
  return sample;
}

StreamSettings settings_for(const Endpoint& endpoint, const std::string& holder = "c1 1") {
  StreamSettings settings{endpoint, kKeys, holder, {}, {{"h1"}, {"h2"}}, {}};
  settings.redis.lease = Duration{1'500};
  return settings;
}

// What a test writes as the hosts would, or as nobody should.
class Hosts {
 public:
  Hosts(Loop& loop, const Endpoint& endpoint) : loop_(loop), connection_(loop, endpoint, {}, 1) {}
  Result<Value> ask(std::vector<std::string> words) {
    return redis_tests::ask(loop_, connection_, std::move(words));
  }
  void say(std::int64_t seq) {
    REQUIRE(ask(xadd(kKeys.stats(), 1'000, encode_stats(sample(seq)))).ok());
  }
  Connection& connection() { return connection_; }

 private:
  Loop& loop_;
  Connection connection_;
};

// Waits for a `done`.
template <class T>
class Awaited {
 public:
  Done<T> done() {
    return [this](Result<T> result) {
      ++calls_;
      result_.emplace(std::move(result));
    };
  }
  const Result<T>& of(Loop& loop) {
    REQUIRE(run_until(loop, [&] { return result_.has_value(); }));
    CHECK(calls_ == 1);
    return *result_;
  }

 private:
  std::optional<Result<T>> result_;
  int calls_ = 0;
};

bool leads(Loop& loop, const Director& director) {
  return run_until(loop, [&] { return director.sees; });
}

}  // namespace

TEST_CASE("stream: Redis is there: leading, samples and replies come, journal and orders go") {
  RedisServer server;
  Loop loop;
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(leads(loop, director));
  CHECK(director.epochs == std::vector<std::int64_t>{1});
  Hosts hosts{loop, server.unix_endpoint()};
  hosts.say(1);
  Reply reply;
  reply.host.text = "h1";
  reply.order.text = "5-0";
  REQUIRE(hosts.ask(xadd(kKeys.replies(), 100, encode_reply(reply))).ok());
  REQUIRE(run_until(loop, [&] { return director.samples() == 1 && director.replies.size() == 1; }));
  CHECK(director.batches[0].samples[0].seq == 1);
  CHECK(director.batches[0].first == director.batches[0].last);
  CHECK(director.replies[0].order.text == "5-0");

  Awaited<StreamId> entry;
  stream.append({{"turn", "1"}, {"in", "[]"}}, entry.done());
  const StreamId id = entry.of(loop).value();
  const auto journal = hosts.ask({"XRANGE", kKeys.journal(), "-", "+"});
  CHECK(parse_entries(journal.value()).value()[0].id == id);

  Awaited<OrderId> order;
  stream.give({"h1"}, {OrderKind::identify, {"b1"}, 1, Duration{5'000}, {}}, order.done());
  REQUIRE(order.of(loop).ok());
  const auto orders = hosts.ask({"XRANGE", kKeys.orders({"h1"}), "-", "+"});
  const auto given = parse_entries(orders.value()).value();
  REQUIRE(given.size() == 1);
  CHECK(decode_order(as_value(given[0].fields)).value().kind == OrderKind::identify);
}

TEST_CASE(
    "stream: definitions and hellos: kept, dropped, read; a host that never spoke is refused") {
  RedisServer server;
  Loop loop;
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(leads(loop, director));
  Hosts hosts{loop, server.unix_endpoint()};
  Awaited<Unit> kept;
  KeptMove of_it;
  of_it.vm = kVm;
  stream.keep_definition(of_it, "<domain/>", kept.done());
  CHECK(kept.of(loop).ok());
  History history{stream.commands(), kKeys};
  Awaited<std::optional<std::string>> there, gone;
  history.definition(kVm, there.done());
  CHECK(there.of(loop).value() == "<domain/>");
  stream.drop_definition(kVm);
  history.definition(kVm, gone.done());
  CHECK_FALSE(gone.of(loop).value().has_value());

  Awaited<HostHello> none, hello, other, garbage;
  stream.read_hello({"h1"}, none.done());
  CHECK(none.of(loop).error().code == Errc::refused);
  HostHello said;
  said.host.text = "h1";
  said.boot.text = "b1";
  said.capacity = Mcores{4'000};
  std::vector<std::string> words{"HSET", kKeys.host({"h1"})};
  for (const auto& [name, text] : encode_hello(said)) {
    words.push_back(name);
    words.push_back(text);
  }
  REQUIRE(hosts.ask(words).ok());
  stream.read_hello({"h1"}, hello.done());
  CHECK(hello.of(loop).value().capacity == Mcores{4'000});
  words[1] = kKeys.host({"h2"});
  REQUIRE(hosts.ask(words).ok());
  stream.read_hello({"h2"}, other.done());
  CHECK(other.of(loop).error().code == Errc::malformed);
  REQUIRE(hosts.ask({"HSET", kKeys.host({"h1"}), "state", "odd"}).ok());
  stream.read_hello({"h1"}, garbage.done());
  CHECK(garbage.of(loop).error().detail.find("state") != std::string::npos);
}

TEST_CASE("stream: moves: kept with their definitions, marked, read by the next one, dropped") {
  RedisServer server;
  Loop loop;
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(leads(loop, director));
  Hosts hosts{loop, server.unix_endpoint()};
  const auto read = [&] {
    Awaited<std::vector<KeptMove>> moves;
    stream.read_moves(moves.done());
    return moves.of(loop).value();
  };
  const auto mark = [&](const KeptMove& move) {
    Awaited<Unit> marked;
    stream.mark_definition(move, marked.done());
    return marked.of(loop);
  };
  CHECK(read().empty());
  KeptMove move{.vm = kVm,
                .name = "it \"is\"",
                .vcpus = 2,
                .max_memory = {1 << 20},
                .source = {"h1"},
                .target = {"h2"}};
  CHECK(mark(move).error().code == Errc::refused);
  CHECK(read().empty());
  Awaited<Unit> kept;
  stream.keep_definition(move, "<domain/>", kept.done());
  CHECK(kept.of(loop).ok());
  CHECK(read() == std::vector{move});
  move.stage = KeptStage::clearing;
  CHECK(mark(move).ok());
  REQUIRE(hosts.ask({"HSET", kKeys.moves(), "x", "{}", "y", "no JSON"}).ok());
  CHECK(read() == std::vector{move});
  Awaited<std::string> xml;
  stream.read_definition(kVm, xml.done());
  CHECK(xml.of(loop).value() == "<domain/>");
  stream.drop_definition(kVm);
  CHECK(read().empty());
  CHECK(hosts.ask({"EXISTS", kKeys.definition(kVm)}).value().integer == 0);
  move.stage = KeptStage::lost;
  CHECK(mark(move).error().code == Errc::refused);

  server.kill();
  Awaited<std::vector<KeptMove>> none;
  Awaited<Unit> unkept, unmarked;
  stream.read_moves(none.done());
  stream.mark_definition(move, unmarked.done());
  stream.keep_definition(move, "<domain/>", unkept.done());
  CHECK_FALSE(none.of(loop).ok());
  CHECK_FALSE(unmarked.of(loop).ok());
  CHECK_FALSE(unkept.of(loop).ok());
}

TEST_CASE("stream: a controller restarts: it has the window of samples at once") {
  RedisServer server;
  Loop loop;
  Hosts hosts{loop, server.unix_endpoint()};
  const std::int64_t now =
      hosts.ask({"TIME"}).value().items.empty() ? 0 : std::time(nullptr) * 1'000;
  std::vector<std::string> old = xadd(kKeys.stats(), 1'000, encode_stats(sample(1)));
  old[5] = std::to_string(now - 60'000) + "-0";
  REQUIRE(hosts.ask(old).ok());
  for (std::int64_t seq = 2; seq < 252; ++seq)
    hosts.say(seq);
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(run_until(loop, [&] { return director.samples() == 250; }));
  CHECK(director.batches.front().samples.front().seq == 2);
  CHECK(director.batches.back().samples.back().seq == 251);
  CHECK(director.batches.size() >= 3);  // a hundred at a time
  CHECK(director.out_of_turn == 0);
}

TEST_CASE("stream: Redis absent at start, killed, back: blind with the reason, then goes on") {
  RedisServer server{false, {"--appendonly", "yes", "--appendfsync", "always"}};
  server.kill();
  Loop loop;
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(run_until(loop, [&] { return !director.blinds.empty(); }));
  CHECK(director.was_blind_for("refused"));
  Awaited<StreamId> early;
  stream.append({{"a", "b"}}, early.done());
  CHECK(early.of(loop).error().code == Errc::unreachable);
  server.start();
  REQUIRE(leads(loop, director));
  Hosts hosts{loop, server.unix_endpoint()};
  hosts.say(1);
  REQUIRE(run_until(loop, [&] { return director.samples() == 1; }));

  server.kill();
  REQUIRE(run_until(loop, [&] { return !director.sees; }));
  stream.drop_definition(kVm);  // is made up for
  server.start();
  REQUIRE(hosts.ask({"SET", kKeys.definition(kVm), "x"}).ok());
  hosts.say(2);
  REQUIRE(leads(loop, director));
  REQUIRE(run_until(loop, [&] { return director.samples() == 2; }));
  CHECK(director.batches.back().samples.back().seq == 2);
  CHECK(director.epochs == std::vector<std::int64_t>{1, 1});
  CHECK(director.out_of_turn == 0);
}

TEST_CASE("stream: Redis comes back empty: new entries are read although their ids may be lower") {
  RedisServer server;
  Loop loop;
  Director director;
  StreamSettings settings = settings_for(server.unix_endpoint());
  settings.from.stats_after = StreamId{"99999999999999-0"};  // seen before its clock was set right
  RedisStream stream{loop, settings, director};
  REQUIRE(leads(loop, director));
  Hosts hosts{loop, server.unix_endpoint()};
  hosts.say(1);
  CHECK(run_until(loop, [&] { return director.samples() == 1; }));
}

TEST_CASE("stream: Redis full, then not: blind with its words, then leading again") {
  RedisServer server;
  Loop loop;
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(leads(loop, director));
  Hosts hosts{loop, server.unix_endpoint()};
  REQUIRE(hosts.ask({"CONFIG", "SET", "maxmemory", "1"}).ok());
  Awaited<StreamId> refused;
  stream.append({{"a", "b"}}, refused.done());
  CHECK(refused.of(loop).error().code == Errc::unreachable);
  CHECK_FALSE(director.sees);
  CHECK(director.was_blind_for("OOM"));
  REQUIRE(hosts.ask({"CONFIG", "SET", "maxmemory", "0"}).ok());
  CHECK(leads(loop, director));
}

TEST_CASE("stream: Redis becomes a replica: blind with its words") {
  RedisServer server;
  Loop loop;
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(leads(loop, director));
  Hosts hosts{loop, server.unix_endpoint()};
  REQUIRE(hosts.ask({"REPLICAOF", "127.0.0.1", "1"}).ok());
  CHECK(run_until(loop, [&] { return !director.sees; }));
  CHECK(director.was_blind_for("READONLY"));
}

TEST_CASE("stream: garbage entries: counted as malformed, the good ones come") {
  RedisServer server;
  Loop loop;
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(leads(loop, director));
  Hosts hosts{loop, server.unix_endpoint()};
  Fields old = encode_stats(sample(1)), twice = encode_stats(sample(1)), huge = twice;
  old[0].second = "0";
  twice.push_back(twice.back());
  huge[9].second = "99999999999999999";
  const Fields noise{{"x", std::string(100'000, '\xff')}};
  for (const Fields& bad : {old, twice, huge, noise})
    REQUIRE(hosts.ask(xadd(kKeys.stats(), 1'000, bad)).ok());
  REQUIRE(hosts.ask(xadd(kKeys.replies(), 100, noise)).ok());
  hosts.say(7);
  REQUIRE(run_until(loop, [&] { return director.samples() == 1; }));
  CHECK(director.malformed() == 4);
  CHECK(director.replies.empty());
  CHECK(director.sees);
}

TEST_CASE("stream: stats is no stream: blind with Redis's words, leading once it is mended") {
  RedisServer server;
  Loop loop;
  Hosts hosts{loop, server.unix_endpoint()};
  REQUIRE(hosts.ask({"SET", kKeys.stats(), "junk"}).ok());
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(run_until(loop, [&] { return director.was_blind_for("WRONGTYPE"); }));
  REQUIRE(hosts.ask({"DEL", kKeys.stats()}).ok());
  REQUIRE(leads(loop, director));
  hosts.say(1);
  CHECK(run_until(loop, [&] { return director.samples() == 1; }));
}

TEST_CASE(
    "lease: a second controller: refused, told the holder, takes over when it is given back") {
  RedisServer server;
  Loop loop;
  Director first, second;
  RedisStream one{loop, settings_for(server.unix_endpoint(), "mgmt1:aa 100"), first};
  REQUIRE(leads(loop, first));
  RedisStream two{loop, settings_for(server.unix_endpoint(), "mgmt2:bb 200"), second};
  REQUIRE(run_until(loop, [&] { return second.was_blind_for("mgmt1:aa 100"); }));
  run_for(loop, Duration{2'000});  // longer than a lease
  CHECK_FALSE(second.sees);
  CHECK(first.sees);
  Awaited<StreamId> refused;
  two.append({{"a", "b"}}, refused.done());
  CHECK(refused.of(loop).error().code == Errc::unreachable);
  bool released = false;
  one.stop([&] { released = true; });
  REQUIRE(leads(loop, second));
  CHECK(released);
  CHECK_FALSE(first.sees);
  CHECK(second.epochs == std::vector<std::int64_t>{2});
}

TEST_CASE("lease: the same controller restarted: takes over at once, the old process is blind") {
  RedisServer server;
  Loop loop;
  Director before, after;
  RedisStream old{loop, settings_for(server.unix_endpoint(), "mgmt1:aa 100"), before};
  REQUIRE(leads(loop, before));
  RedisStream fresh{loop, settings_for(server.unix_endpoint(), "mgmt1:aa 101"), after};
  REQUIRE(run_until(
      loop, [&] { return after.sees; }, Duration{1'000}));
  CHECK(after.epochs == std::vector<std::int64_t>{2});
  Awaited<StreamId> fenced;
  old.append({{"a", "b"}}, fenced.done());
  CHECK(fenced.of(loop).error().code == Errc::unreachable);
}

TEST_CASE(
    "lease: its holder dies: it runs out, the next one has a higher epoch than any host saw") {
  RedisServer server;
  Loop loop;
  Hosts hosts{loop, server.unix_endpoint()};
  REQUIRE(hosts.ask({"SET", kKeys.lease(), "dead 1", "PX", "700"}).ok());
  REQUIRE(hosts.ask({"SET", kKeys.epoch(), "3"}).ok());
  REQUIRE(hosts.ask({"HSET", kKeys.host({"h1"}), "epoch", "41"}).ok());
  REQUIRE(hosts.ask({"HSET", kKeys.host({"h2"}), "epoch", "1e300"}).ok());
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(leads(loop, director));
  CHECK(director.was_blind_for("dead 1"));
  CHECK(director.epochs == std::vector<std::int64_t>{42});
  CHECK(hosts.ask({"GET", kKeys.epoch()}).value().text == "42");
}

TEST_CASE("lease: taken away: blind, naming who has it") {
  RedisServer server;
  Loop loop;
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  REQUIRE(leads(loop, director));
  Hosts hosts{loop, server.unix_endpoint()};
  REQUIRE(hosts.ask({"SET", kKeys.lease(), "thief 9"}).ok());
  CHECK(run_until(loop, [&] { return director.was_blind_for("thief 9"); }));
}

TEST_CASE("holder: one process a state folder; the name lasts") {
  const TempFolder folder;
  const std::string state = folder.file("state/deeper");
  std::string name;
  {
    auto holder = Holder::take(state);
    REQUIRE(holder.ok());
    name = holder.value().name();
    CHECK(holder.value().lease_value() == name + " " + std::to_string(getpid()));
    const auto second = Holder::take(state);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().detail.find("pid " + std::to_string(getpid())) != std::string::npos);
  }
  CHECK(Holder::take(state).value().name() == name);
  chmod(state.c_str(), 0755);
  CHECK(Holder::take(state).error().detail.find("chmod 700") != std::string::npos);
}

TEST_CASE("trimming: what is older than the time goes, what is over the size halves the time") {
  RedisServer server{false, {"--stream-node-max-entries", "10"}};
  Loop loop;
  Hosts hosts{loop, server.unix_endpoint()};
  for (int i = 0; i < 100; ++i) {
    std::vector<std::string> words = xadd(kKeys.stats(), 100'000, encode_stats(sample(i + 1)));
    words[5] = std::to_string(1'000 + i) + "-0";  // of 1970
    REQUIRE(hosts.ask(words).ok());
  }
  for (int i = 0; i < 10; ++i)
    hosts.say(200 + i);
  Trimmer trimmer{
      loop, hosts.connection(), kKeys, {Duration{3'600'000}, 1, Duration{50}, Duration{300}}};
  trimmer.start();
  REQUIRE(run_until(loop, [&] { return trimmer.keeps() == Duration{60'000}; }));
  const auto left = hosts.ask({"XLEN", kKeys.stats()}).value().integer;
  CHECK(left >= 10);
  CHECK(left <= 20);
}

TEST_CASE("history: the journal in pages, its last entry, the latest with a field") {
  RedisServer server;
  Loop loop;
  Hosts hosts{loop, server.unix_endpoint()};
  History history{hosts.connection(), kKeys};
  Awaited<std::optional<Entry>> nothing, last, snapshot, earlier, none;
  CHECK(hosts.ask({"PING"}).ok());
  history.last_entry(nothing.done());
  CHECK_FALSE(nothing.of(loop).value().has_value());
  for (int i = 1; i <= 450; ++i) {
    Fields fields{{"turn", std::to_string(i)}};
    if (i % 200 == 1) fields.emplace_back("snapshot", "{}");
    std::vector<std::string> words = xadd(kKeys.journal(), 10'000, fields);
    words[5] = std::to_string(i) + "-0";
    REQUIRE(hosts.ask(words).ok());
  }
  history.last_entry(last.done());
  CHECK(last.of(loop).value()->fields[0].second == "450");
  history.latest_with("snapshot", {}, {}, snapshot.done());
  CHECK(snapshot.of(loop).value()->id.text == "401-0");
  history.latest_with("snapshot", {}, {"400-0"}, earlier.done());
  CHECK(earlier.of(loop).value()->id.text == "201-0");
  history.latest_with("turn", "none", {}, none.done());
  CHECK_FALSE(none.of(loop).value().has_value());

  std::vector<std::string> turns;
  Awaited<Unit> all, some;
  const auto collect = [&](const std::vector<Entry>& page) {
    for (const Entry& entry : page)
      turns.push_back(entry.fields[0].second);
    return true;
  };
  history.journal({{"11-0"}, {}}, collect, all.done());
  REQUIRE(all.of(loop).ok());
  REQUIRE(turns.size() == 440);
  CHECK(turns.front() == "11");
  CHECK(turns.back() == "450");
  int pages = 0;
  history.journal(
      {}, [&](const std::vector<Entry>&) { return ++pages < 2; }, some.done());
  CHECK(some.of(loop).ok());
  CHECK(pages == 2);
}

TEST_CASE("history: a range of stats read back: the very batch that came live") {
  RedisServer server;
  Loop loop;
  Director director;
  RedisStream stream{loop, settings_for(server.unix_endpoint()), director};
  Hosts hosts{loop, server.unix_endpoint()};
  for (std::int64_t seq = 1; seq <= 30; ++seq)
    hosts.say(seq);
  REQUIRE(hosts.ask(xadd(kKeys.stats(), 1'000, {{"x", "y"}})).ok());
  REQUIRE(run_until(loop, [&] { return director.samples() == 30 && director.malformed() == 1; }));
  History history{stream.commands(), kKeys};
  for (const StatsBatch& live : director.batches) {
    Awaited<StatsBatch> again;
    history.stats({live.first, live.last}, again.done());
    const StatsBatch& read = again.of(loop).value();
    CHECK(read.first == live.first);
    CHECK(read.last == live.last);
    CHECK(read.malformed == live.malformed);
    REQUIRE(read.samples.size() == live.samples.size());
    for (std::size_t i = 0; i < read.samples.size(); ++i)
      CHECK(encode_stats(read.samples[i]) == encode_stats(live.samples[i]));
  }
}
