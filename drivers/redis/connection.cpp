#include "drivers/redis/connection.h"

#include <hiredis/hiredis.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <deque>
#include <utility>

#include "drivers/redis/backoff.h"
#include "drivers/redis/uv_adapter.h"
#include "drivers/redis/watchdog.h"
#include "reactor/resolver.h"
#include "reactor/timer.h"

namespace drivers::redis {

namespace {

using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Instant;
using reactor::Result;

constexpr Duration kLookEvery{100};    ///< of the watchdog
constexpr Duration kPingAfter{1'000};  ///< of silence
constexpr Duration kStalled{1'000};    ///< a look that comes later than this is our own fault
constexpr Duration kFirstPause{100}, kLongestPause{2'000};
constexpr int kSaidAt = 3;
constexpr std::size_t kMostOut = 65'536;

struct Out {
  RawDone done;
  Duration may_block;
  std::string name;  ///< of the command, for people
};

struct Failed {
  RawDone done;
  Error error;
};

Result<const redisReply*> checked(const redisReply* reply) {
  if (reply->type != REDIS_REPLY_ERROR) return reply;
  return Error{Errc::refused, std::string{reply->str, reply->len}};
}

RawDone by_value(ReplyDone done) {
  return [done = std::move(done)](const Result<const redisReply*>& reply) {
    if (!reply.ok()) return done(reply.error());
    done(to_value(*reply.value()));
  };
}

}  // namespace

class Connection::Impl final : public ContextOwner {
 public:
  Impl(reactor::Loop& loop, Endpoint endpoint, ConnectionEvents events, std::uint32_t seed,
       Voice voice);
  ~Impl() override;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool up() const { return state_ == State::up; }
  const std::string& why_down() const { return why_; }
  void command(const std::vector<std::string>& words, RawDone done, Duration may_block);
  void break_off(std::string why);

  void heard() override { watchdog_.heard(loop_.now()); }
  void gone(std::string why) override;

 private:
  enum class State { pausing, resolving, greeting, up };

  void attempt();
  void connect(const std::string& address);
  void greet(const std::string& password);
  void greeted(const Result<const redisReply*>& reply, const std::string& what);
  void welcomed();
  void send(const std::vector<std::string>& words, RawDone done, Duration may_block);
  void answered(const redisReply* reply);
  void give_up(std::string why);
  void fail_all();
  void say(const std::string& why, bool& said);
  void settle();
  void look();

  reactor::Loop& loop_;
  Endpoint endpoint_;
  ConnectionEvents events_;
  Backoff backoff_;
  reactor::Resolver resolver_;
  reactor::Timer retry_, settle_, looks_;
  Watchdog watchdog_;

  State state_ = State::pausing;
  redisAsyncContext* context_ = nullptr;
  std::deque<Out> out_;         ///< unanswered, oldest first
  std::vector<Failed> failed_;  ///< answered without Redis, told in the next turn
  bool tell_down_ = false;      ///< and then, that the connection broke
  int failures_ = 0;            ///< attempts in a row
  Voice voice_;
  std::string why_;
  bool outage_said_ = false;   ///< since it was up last
  bool refusal_said_ = false;  ///< that Redis answers, but does not let us in
  Instant down_since_;
  int calling_ = 0;  ///< depth of events and dones that run
};

Connection::Impl::Impl(reactor::Loop& loop, Endpoint endpoint, ConnectionEvents events,
                       std::uint32_t seed, Voice voice)
    : loop_(loop),
      endpoint_(std::move(endpoint)),
      events_(std::move(events)),
      backoff_(kFirstPause, kLongestPause, seed),
      resolver_(loop),
      retry_(loop, [this] { attempt(); }),
      settle_(loop, [this] { settle(); }),
      looks_(loop, [this] { look(); }),
      watchdog_(loop.now(), kLookEvery, kStalled),
      voice_(voice),
      down_since_(loop.now()) {
  std::signal(SIGPIPE, SIG_IGN);
  retry_.start(Duration::zero());
  looks_.start(kLookEvery, kLookEvery);
}

Connection::Impl::~Impl() {
  INVARIANT(calling_ == 0);
  if (context_ != nullptr) disown(context_);
}

void Connection::Impl::attempt() {
  if (!endpoint_.unix_path.empty() || reactor::is_address(endpoint_.host))
    return connect(endpoint_.host);
  state_ = State::resolving;
  const auto asked = resolver_.look_up(endpoint_.host, [this](const Result<std::string>& address) {
    if (!address.ok()) return give_up(address.error().detail);
    connect(address.value());
  });
  if (!asked.ok()) give_up(asked.error().detail);
}

void Connection::Impl::connect(const std::string& address) {
  std::string password;
  if (!endpoint_.password_file.empty()) {
    auto read = read_password(endpoint_.password_file);
    if (!read.ok()) return give_up(read.error().detail);
    password = read.value();
  }
  const std::string& path = endpoint_.unix_path;
  context_ = path.empty() ? redisAsyncConnect(address.c_str(), endpoint_.port)
                          : redisAsyncConnectUnix(path.c_str());
  if (context_ == nullptr) return give_up("hiredis has no memory for a connection");
  if (context_->err != 0) return give_up(context_->errstr);
  if (!attach(loop_.uv(), context_, this)) return give_up("libuv cannot watch the socket");
  greet(password);
}

// Both at once: what Redis says to AUTH comes first.
void Connection::Impl::greet(const std::string& password) {
  state_ = State::greeting;
  std::vector<std::string> auth{"AUTH"};
  if (!endpoint_.user.empty()) auth.push_back(endpoint_.user);
  auth.push_back(password);
  if (!password.empty() || !endpoint_.user.empty())
    send(auth, [this](const auto& reply) { greeted(reply, "AUTH as " + endpoint_.user); }, {});
  const auto ponged = [this](const Result<const redisReply*>& reply) {
    greeted(reply, "PING");
    if (reply.ok()) welcomed();
  };
  send({"PING"}, ponged, {});
}

void Connection::Impl::greeted(const Result<const redisReply*>& reply, const std::string& what) {
  if (reply.ok() || state_ != State::greeting) return;
  const std::string why = what + " answered: " + reply.error().detail;
  const bool loading = reply.error().detail.starts_with("LOADING");
  if (reply.error().code == Errc::refused && !loading) say(why, refusal_said_);
  break_off(why);
}

void Connection::Impl::welcomed() {
  state_ = State::up;
  backoff_.reset();
  if ((outage_said_ || refusal_said_) && voice_ == Voice::speaks)
    spdlog::info("Redis {}: connected again after {} ms", to_string(endpoint_),
                 (loop_.now() - down_since_).count());
  outage_said_ = refusal_said_ = false;
  why_.clear();
  failures_ = 0;
  if (events_.up) events_.up();
}

void Connection::Impl::command(const std::vector<std::string>& words, RawDone done,
                               Duration may_block) {
  if (up() && out_.size() < kMostOut) return send(words, std::move(done), may_block);
  const std::string why = up() ? "65536 commands are out already" : why_;
  failed_.push_back({std::move(done),
                     {Errc::unreachable, "Redis " + to_string(endpoint_) + ": " + words.front() +
                                             " not sent: " + why}});
  settle_.start(Duration::zero());
}

void Connection::Impl::send(const std::vector<std::string>& words, RawDone done,
                            Duration may_block) {
  if (out_.empty()) watchdog_.asked(loop_.now());
  out_.push_back({std::move(done), may_block, words.front()});
  const auto on_reply = [](redisAsyncContext* context, void* reply, void*) {
    auto* owner = owner_of(context);
    if (owner == nullptr || reply == nullptr) return;  // given up, or about to be gone()
    static_cast<Impl*>(owner)->answered(static_cast<const redisReply*>(reply));
  };
  submit(context_, words, on_reply);
}

void Connection::Impl::answered(const redisReply* reply) {
  const Out front = std::move(out_.front());
  out_.pop_front();
  watchdog_.asked(loop_.now());
  ++calling_;
  front.done(checked(reply));
  --calling_;
}

void Connection::Impl::gone(std::string why) {
  context_ = nullptr;  // hiredis frees it
  break_off(std::move(why));
}

void Connection::Impl::break_off(std::string why) {
  if (state_ == State::pausing || state_ == State::resolving) return;
  tell_down_ = up();
  give_up(std::move(why));
}

// A server that is just starting needs no line: it is said at the third attempt.
void Connection::Impl::give_up(std::string why) {
  if (context_ != nullptr) disown(std::exchange(context_, nullptr));
  state_ = State::pausing;
  why_ = std::move(why);
  if (tell_down_) down_since_ = loop_.now();
  const bool starting = !tell_down_ && ++failures_ < kSaidAt;
  if (!starting && !refusal_said_) say(why_, outage_said_);
  fail_all();
  settle_.start(Duration::zero());
  retry_.start(backoff_.pause());
}

void Connection::Impl::fail_all() {
  for (Out& out : std::exchange(out_, {}))
    failed_.push_back({std::move(out.done),
                       {Errc::outcome_unknown, "Redis " + to_string(endpoint_) + ": " + out.name +
                                                   " sent, no answer: " + why_}});
}

void Connection::Impl::say(const std::string& why, bool& said) {
  if (std::exchange(said, true) || voice_ == Voice::silent) return;
  spdlog::warn("Redis {}: {}; trying again until it answers", to_string(endpoint_), why);
}

void Connection::Impl::settle() {
  ++calling_;
  for (Failed& failed : std::exchange(failed_, {}))
    failed.done(std::move(failed.error));
  if (std::exchange(tell_down_, false) && events_.down) events_.down(why_);
  --calling_;
}

// Silence is tested with a PING, so that an idle connection's end shows as well.
void Connection::Impl::look() {
  const Instant now = loop_.now();
  watchdog_.look(now);
  if (state_ != State::greeting && state_ != State::up) return;
  if (out_.empty()) {
    if (watchdog_.silent(now) >= kPingAfter) send({"PING"}, [](const auto&) {}, {});
    return;
  }
  const Out& front = out_.front();
  const Duration limit = front.may_block + kAnswerLimit;
  if (watchdog_.waiting(now) >= limit)
    break_off("no answer to " + front.name + " in " + std::to_string(limit.count()) + " ms");
}

Connection::Connection(reactor::Loop& loop, Endpoint endpoint, ConnectionEvents events,
                       std::uint32_t seed, Voice voice)
    : impl_(std::make_unique<Impl>(loop, std::move(endpoint), std::move(events), seed, voice)) {}

Connection::~Connection() = default;
bool Connection::up() const {
  return impl_->up();
}

const std::string& Connection::why_down() const {
  return impl_->why_down();
}

void Connection::command(const std::vector<std::string>& words, ReplyDone done,
                         Duration may_block) {
  impl_->command(words, by_value(std::move(done)), may_block);
}

void Connection::raw_command(const std::vector<std::string>& words, RawDone done,
                             Duration may_block) {
  impl_->command(words, std::move(done), may_block);
}

void Connection::drop(std::string_view why) {
  impl_->break_off(std::string{why});
}

}  // namespace drivers::redis
