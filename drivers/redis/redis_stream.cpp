#include "drivers/redis/redis_stream.h"

#include <algorithm>
#include <utility>

#include "actors/ports/json.h"
#include "drivers/redis/entries.h"
#include "drivers/redis/wire.h"

namespace drivers::redis {

namespace {

using namespace actors::ports;
using actors::HostId;
using actors::OrderId;
using actors::StreamId;
using actors::VmId;
using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Loop;
using reactor::Result;
using reactor::Unit;

constexpr std::int64_t kOrdersKept = 100;
constexpr Duration kLookEvery{1'000};

// KEYS: lease, stream. ARGV: the lease's value, entries to keep, then fields and texts.
constexpr const char* kFencedAdd = R"(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('LEASE held by another') end
return redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, 3)))";

// A definition stands by itself, so that a person can read it; its move in a hash of all of them,
// as that is read as a whole. Both or neither. KEYS: definition, moves. ARGV: XML, VM, its move.
constexpr const char* kKeep = R"(
redis.call('SET', KEYS[1], ARGV[1])
return redis.call('HSET', KEYS[2], ARGV[2], ARGV[3]))";
constexpr const char* kDrop = R"(
redis.call('DEL', KEYS[1])
return redis.call('HDEL', KEYS[2], ARGV[1]))";
// KEYS: moves. ARGV: VM, its move.
constexpr const char* kMark = R"(
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1)";

// Redis said no, so nothing was written: for these ports that is the same as not having reached it.
Error not_written(const Error& error) {
  return {error.code == Errc::refused ? Errc::unreachable : error.code, error.detail};
}

std::vector<KeptMove> decode_moves(const Value& texts) {
  std::vector<KeptMove> out;
  for (const Value& text : texts.items) {
    const auto tree = actors::Json::parse(text.text, nullptr, false);
    KeptMove move;
    if (!tree.is_discarded() && actors::from_json(tree, move)) out.push_back(std::move(move));
  }
  std::ranges::sort(out, {}, &KeptMove::vm);
  return out;
}

}  // namespace

RedisStream::RedisStream(Loop& loop, StreamSettings settings, StreamListener& listener)
    : settings_(std::move(settings)),
      listener_(listener),
      commands_(loop, settings_.endpoint,
                {[this] { lease_.connected(); },
                 [this](const std::string&) {
                   lease_.disconnected();
                   lease_fault_.clear();
                   look_again();
                 }}),
      reading_(loop, settings_.endpoint,
               {[this] { look_again(); }, [this](const std::string&) { look_again(); }},
               std::random_device{}(), Voice::silent),
      lease_(loop, commands_,
             {settings_.keys, settings_.lease_value, settings_.redis.lease, settings_.hosts},
             {[this] {
                lease_fault_.clear();
                look_again();
              },
              [this](std::string why) {
                lease_fault_ = std::move(why);
                look_again();
              }}),
      reader_(
          loop, reading_, settings_.keys, settings_.from,
          {[this](StatsBatch batch) { listener_.stats(std::move(batch)); },
           [this](Reply reply) { listener_.reply(std::move(reply)); }, [this] { look_again(); }}),
      trimmer_(loop, commands_, settings_.keys, {settings_.redis.keep, settings_.redis.keep_bytes}),
      looks_(loop, [this] { look_again(); }) {
  looks_.start(kLookEvery, kLookEvery);
}

std::string RedisStream::obstacle() const {
  if (stopped_) return "this controller ends";
  for (const Connection* connection : {&commands_, &reading_})
    if (!connection->up())
      return "Redis " + to_string(settings_.endpoint) + ": " +
             (connection->why_down().empty() ? "connecting" : connection->why_down());
  if (!lease_.held()) return lease_fault_.empty() ? "asking for the lease" : lease_fault_;
  return reader_.fault();
}

// Reading goes on while only it is at fault: that is how the fault ends.
void RedisStream::look_again() {
  const bool may_read = !stopped_ && commands_.up() && reading_.up() && lease_.held();
  const std::string why = obstacle();
  if (!may_read) reader_.stop();
  if (why.empty() && !leading_) {
    leading_ = true;
    said_.clear();
    trimmer_.start();
    drop_again();
    listener_.leading(lease_.epoch());
  } else if (!why.empty() && (leading_ || why != said_)) {
    leading_ = false;
    said_ = why;
    trimmer_.stop();
    listener_.blind(why);
  }
  if (may_read) reader_.start();
}

void RedisStream::write(const std::string& key, std::int64_t most, const Fields& fields,
                        Done<std::string> done) {
  std::vector<std::string> words{"EVAL",
                                 kFencedAdd,
                                 "2",
                                 settings_.keys.lease(),
                                 key,
                                 settings_.lease_value,
                                 std::to_string(most)};
  for (const auto& [name, text] : fields) {
    words.push_back(name);
    words.push_back(text);
  }
  commands_.command(
      words, [this, done = std::move(done)](const Result<Value>& reply) { written(reply, done); });
}

void RedisStream::written(const Result<Value>& reply, const Done<std::string>& done) {
  if (reply.ok()) return done(reply.value().text);
  const Error& error = reply.error();
  if (error.code == Errc::refused) lease_.doubt("Redis takes no writes: " + error.detail);
  done(not_written(error));
}

void RedisStream::append(const JournalFields& entry, Done<StreamId> done) {
  write(settings_.keys.journal(), settings_.redis.journal_keep_entries, entry,
        [done = std::move(done)](Result<std::string> id) {
          if (!id.ok()) return done(id.error());
          done(StreamId{std::move(id).value()});
        });
}

void RedisStream::give(const HostId& host, const Order& order, Done<OrderId> done) {
  write(settings_.keys.orders(host), kOrdersKept, encode_order(order),
        [done = std::move(done)](Result<std::string> id) {
          if (!id.ok()) return done(id.error());
          done(OrderId{std::move(id).value()});
        });
}

void RedisStream::keep_definition(const KeptMove& move, const std::string& xml, Done<Unit> done) {
  const VmId& vm = move.vm;
  to_drop_.erase(vm);
  set({"EVAL", kKeep, "2", settings_.keys.definition(vm), settings_.keys.moves(), xml, vm.text(),
       actors::json_text(move)},
      std::move(done));
}

void RedisStream::mark_definition(const KeptMove& move, Done<Unit> done) {
  commands_.command(
      {"EVAL", kMark, "1", settings_.keys.moves(), move.vm.text(), actors::json_text(move)},
      [done = std::move(done)](const Result<Value>& reply) {
        if (!reply.ok()) return done(not_written(reply.error()));
        if (reply.value().integer == 0) return done(Error{Errc::refused, "no definition is kept"});
        done(Unit{});
      });
}

void RedisStream::set(const std::vector<std::string>& words, Done<Unit> done) {
  commands_.command(words, [done = std::move(done)](const Result<Value>& reply) {
    if (!reply.ok()) return done(not_written(reply.error()));
    done(Unit{});
  });
}

void RedisStream::drop_definition(const VmId& vm) {
  to_drop_.insert(vm);
  commands_.command(
      {"EVAL", kDrop, "2", settings_.keys.definition(vm), settings_.keys.moves(), vm.text()},
      [this, vm](const Result<Value>& reply) {
        if (reply.ok()) to_drop_.erase(vm);
      });
}

void RedisStream::read_moves(Done<std::vector<KeptMove>> done) {
  commands_.command({"HVALS", settings_.keys.moves()},
                    [done = std::move(done)](const Result<Value>& reply) {
                      if (!reply.ok()) return done(reply.error());
                      done(decode_moves(reply.value()));
                    });
}

void RedisStream::read_definition(const VmId& vm, Done<std::string> done) {
  get(settings_.keys.definition(vm), std::move(done));
}

void RedisStream::get(const std::string& key, Done<std::string> done) {
  commands_.command({"GET", key}, [key, done = std::move(done)](const Result<Value>& reply) {
    if (!reply.ok()) return done(reply.error());
    if (reply.value().kind == Value::Kind::nil)
      return done(Error{Errc::refused, key + " is not there: none is kept"});
    done(reply.value().text);
  });
}

void RedisStream::keep_wakes(const HostId& host, const std::string& record, Done<Unit> done) {
  set({"SET", settings_.keys.wakes(host), record}, std::move(done));
}

void RedisStream::read_wakes(const HostId& host, Done<std::string> done) {
  get(settings_.keys.wakes(host), std::move(done));
}

void RedisStream::drop_again() {
  for (const VmId& vm : std::set<VmId>{to_drop_})
    drop_definition(vm);
}

void RedisStream::read_hello(const HostId& host, Done<HostHello> done) {
  const std::string key = settings_.keys.host(host);
  commands_.command(
      {"HGETALL", key}, [key, host, done = std::move(done)](const Result<Value>& reply) {
        if (!reply.ok()) return done(reply.error());
        auto hello = decode_hello(reply.value());
        if (!hello.ok()) return done(Error{hello.error().code, key + ": " + hello.error().detail});
        if (hello.value().host != host)
          return done(Error{Errc::malformed, key + ": says it is " + hello.value().host.text});
        done(std::move(hello));
      });
}

void RedisStream::stop(std::function<void()> done) {
  stopped_ = true;
  looks_.stop();
  look_again();
  lease_.release(std::move(done));
}

}  // namespace drivers::redis
