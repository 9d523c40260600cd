#include "drivers/redis/server.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "drivers/redis/private_files.h"
#include "drivers/redis/server_setup.h"
#include "drivers/redis/text.h"

namespace drivers::redis {

namespace {

using actors::ports::Done;
using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Instant;
using reactor::Result;
using reactor::Unit;

constexpr Duration kStep{100};
constexpr Duration kStartLimit{60'000};  ///< a long append-only file is read first
constexpr Duration kAdoptLimit{10'000};  ///< for one that runs already
constexpr Duration kTermLimit{10'000};   ///< then SIGKILL
constexpr Duration kFirstPause{100}, kLongestPause{10'000};
constexpr const char *kFolder = "/redis", *kSecrets = "/secrets";  // of the state folder
constexpr Duration kTryAgain{500};
constexpr Duration kSetUpAgain{10'000};
constexpr Duration kSteady{60'000};  ///< after so long the next pause is a short one again

// The working folder of a redis-server is its `dir`.
bool is_server_of(pid_t pid, const std::string& folder) {
  const std::string proc = "/proc/" + std::to_string(pid);
  std::error_code error;
  const bool in_folder = std::filesystem::equivalent(proc + "/cwd", folder, error);
  std::ifstream comm{proc + "/comm"};
  std::string name;
  std::getline(comm, name);
  return !error && in_folder && name.starts_with("redis-server");
}

std::vector<std::string> arguments(const std::string& program, const std::string& folder) {
  return {program,
          "--port",
          "0",
          "--dir",
          folder,
          "--unixsocket",
          "redis.sock",
          "--pidfile",
          folder + "/redis.pid",
          "--logfile",
          "redis.log",
          "--loglevel",
          "warning",
          "--daemonize",
          "no",
          "--aclfile",
          folder + "/users.acl",
          "--unixsocketperm",
          "700",
          "--appendonly",
          "yes",
          "--save",
          "",
          "--maxmemory-policy",
          "noeviction",
          "--maxclients",
          "32768"};
}

Error cannot(const std::string& what, const std::string& path) {
  return {Errc::refused, path + ": cannot " + what + ": " + std::strerror(errno)};
}

}  // namespace

Endpoint endpoint_of_own(const std::string& state_dir, const std::string& user) {
  Endpoint out;
  out.unix_path = state_dir + kFolder + "/redis.sock";
  out.user = user;
  out.password_file = state_dir + kSecrets + "/controller";
  return out;
}

Server::Server(reactor::Loop& loop, const ServerSettings& settings)
    : loop_(loop),
      state_dir_(settings.state_dir),
      listen_(settings.listen),
      program_(settings.program),
      folder_(settings.state_dir + kFolder),
      access_{settings.pool, settings.state_dir + kSecrets, settings.user, settings.hosts},
      endpoint_(endpoint_of_own(settings.state_dir, settings.user)),
      process_(loop, [this](const std::string& how) { ended(how); }),
      step_(loop, [this] { step(); }),
      backoff_(kFirstPause, kLongestPause, std::random_device{}()) {}

Server::~Server() = default;

void Server::start(Done<Endpoint> done) {
  INVARIANT(phase_ == Phase::idle);
  phase_ = Phase::starting;
  started_ = std::move(done);
  began_ = loop_.now();
  step_.start(Duration::zero(), kStep);
  const auto prepared = prepare();
  if (!prepared.ok()) fault(prepared.error());
}

// Secrets in clear text: they lie beside it, in files of the same mode.
Result<Unit> Server::prepare() {
  for (const std::string& folder : {state_dir_, folder_, access_.secrets}) {
    auto made = make_private_folder(folder);
    if (!made.ok()) return made;
  }
  const auto path = parse_url("unix:" + endpoint_.unix_path);  // for its length
  if (!path.ok()) return path.error();
  const auto users = users_of(access_);
  if (!users.ok()) return users.error();
  return write_private_file(folder_ + "/users.acl", as_file(users.value()));
}

// The lock goes to the child as its descriptor 3. If it is free, none of ours lives.
void Server::bring_up() {
  next_try_ = loop_.now() + kTryAgain;
  const std::string path = folder_ + "/lock";
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return fault(cannot("open", path));
  if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
    const auto spawned = spawn(lock);
    if (!spawned.ok()) fault(spawned.error());
  } else {
    adopt();
  }
  close(lock);
  if (process_.running() && !admin_)
    admin_ =
        std::make_unique<Connection>(loop_, endpoint_, ConnectionEvents{[this] { set_up(); }, {}});
}

Result<Unit> Server::spawn(int lock) {
  adopted_ = false;
  const std::string path = folder_ + "/redis.log";
  const int log = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return cannot("open", path);
  auto spawned = process_.spawn(arguments(program_, folder_), log, lock);
  close(log);
  if (spawned.ok()) return spawned;
  return Error{Errc::refused, spawned.error().detail +
                                  "; install redis-server, or set redis.url to one that runs"};
}

// It may not have written its PID yet: then again at the next try.
void Server::adopt() {
  const auto text = read_small_file(folder_ + "/redis.pid");
  const auto pid = text.ok() ? parse_amount(text.value()) : std::nullopt;
  if (!pid || *pid == 0 || *pid > INT32_MAX) return;
  const auto is_it = [this](pid_t it) { return is_server_of(it, folder_); };
  if (!process_.adopt(static_cast<pid_t>(*pid), is_it).ok()) return;
  adopted_ = true;
  began_ = loop_.now();
  spdlog::info("redis-server of an earlier run found: pid {}", process_.pid());
}

void Server::step() {
  if (phase_ == Phase::failing || phase_ == Phase::stopping) return finish_end();
  if (!process_.running() && loop_.now() >= next_try_) bring_up();
  if (phase_ == Phase::starting) watch_start();
  if (set_up_again_ && loop_.now() >= *set_up_again_ && admin_) set_up();
}

void Server::watch_start() {
  const Duration waited = loop_.now() - began_;
  const std::string why =
      admin_ ? admin_->why_down() : "its folder is locked by a process we do not know";
  if (waited >= kStartLimit) return fault({Errc::refused, "no answer: " + why});
  // One that is silent or does not know our secrets is of no use; one that reads its data is.
  const bool loading = why.find("LOADING") != std::string::npos;
  if (!process_.running() || !adopted_ || loading || waited < kAdoptLimit) return;
  if (terminate())
    spdlog::warn("redis-server of an earlier run ended, as it gave no answer: {}", why);
}

// SIGTERM at the first call (true), SIGKILL when that did not help in time.
bool Server::terminate() {
  if (signalled_ == Instant{}) {
    signalled_ = loop_.now();
    process_.signal(SIGTERM);
    return true;
  }
  if (loop_.now() - signalled_ >= kTermLimit) process_.signal(SIGKILL);
  return false;
}

// In a step of its own, as stop() may be called from inside an answer to our own connection.
void Server::finish_end() {
  admin_.reset();
  if (process_.running()) {
    terminate();
    return;
  }
  step_.stop();
  if (std::exchange(phase_, Phase::idle) == Phase::stopping) return std::exchange(stopped_, {})();
  std::exchange(started_, {})(Error{Errc::refused, "own redis-server in " + folder_ + ": " + why_});
}

// At each up() of the connection, since a restarted server has forgotten its port.
void Server::set_up() {
  set_up_again_.reset();
  const auto then = [this](auto next) {
    return [this, next](const Result<Unit>& result) {
      if (result.ok()) return next();
      const Errc code = result.error().code;  // a broken connection comes up again, or says why not
      if (code == Errc::unreachable || code == Errc::outcome_unknown) return;
      set_up_again_ = loop_.now() + kSetUpAgain;
      fault(result.error());
    };
  };
  const auto last = then([this] { ready(); });
  const auto listens = then([this, last] { set_listen(*admin_, listen_, last); });
  const auto users = then([this, listens] { set_users(*admin_, access_, listens); });
  check_pid(*admin_, process_.pid(), users);
}

void Server::ready() {
  ready_ = loop_.now();
  spdlog::info("own redis-server runs: pid {}, {}{}{}", process_.pid(), to_string(endpoint_),
               listen_.empty() ? "" : " and ", listen_);
  if (phase_ != Phase::starting) return;
  phase_ = Phase::running;
  std::exchange(started_, {})(endpoint_);
}

// At the start it ends the start; later on all we can do is say so and go on.
void Server::fault(const Error& error) {
  if (phase_ == Phase::running) spdlog::error("own redis-server: {}", error.detail);
  if (phase_ != Phase::starting) return;
  phase_ = Phase::failing;
  why_ = error.detail;
}

void Server::ended(const std::string& how) {
  const bool wanted = signalled_ != Instant{};
  signalled_ = {};
  if (loop_.now() - ready_ >= kSteady) backoff_.reset();
  next_try_ = loop_.now() + backoff_.pause();
  if (phase_ == Phase::starting && !adopted_)
    return fault({Errc::refused, "it ended " + how + "; its log: " + last_log_line()});
  if (!wanted) spdlog::error("own redis-server ended {}; starting it again", how);
}

std::string Server::last_log_line() const {
  std::ifstream log{folder_ + "/redis.log"};
  std::string last, line;
  while (std::getline(log, line))
    if (!line.empty()) last = line;
  return last.empty() ? "(empty)" : last;
}

void Server::set_hosts(std::vector<actors::HostId> hosts, Done<Unit> done) {
  access_.hosts = std::move(hosts);
  const auto prepared = prepare();
  if (prepared.ok() && admin_) return set_users(*admin_, access_, std::move(done));
  const Error error = prepared.ok() ? Error{Errc::unreachable, "own redis-server: not running yet"}
                                    : prepared.error();
  loop_.post([error, done = std::move(done)] { done(error); });
}

void Server::stop(std::function<void()> done) {
  INVARIANT(!stopped_);
  phase_ = Phase::stopping;
  stopped_ = std::move(done);
  step_.start(Duration::zero(), kStep);
}

}  // namespace drivers::redis
