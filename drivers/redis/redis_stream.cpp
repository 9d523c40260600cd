#include "drivers/redis/redis_stream.h"

#include <utility>

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

// Redis said no, so nothing was written: for these ports that is the same as not having reached it.
Error not_written(const Error& error) {
  return {error.code == Errc::refused ? Errc::unreachable : error.code, error.detail};
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

void RedisStream::keep_definition(const VmId& vm, const std::string& xml, Done<Unit> done) {
  to_drop_.erase(vm);
  set(settings_.keys.definition(vm), xml, std::move(done));
}

void RedisStream::set(const std::string& key, const std::string& text, Done<Unit> done) {
  commands_.command({"SET", key, text}, [done = std::move(done)](const Result<Value>& reply) {
    if (!reply.ok()) return done(not_written(reply.error()));
    done(Unit{});
  });
}

void RedisStream::drop_definition(const VmId& vm) {
  to_drop_.insert(vm);
  commands_.command({"DEL", settings_.keys.definition(vm)}, [this, vm](const Result<Value>& reply) {
    if (reply.ok()) to_drop_.erase(vm);
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
  set(settings_.keys.wakes(host), record, std::move(done));
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
