#include "drivers/redis/server_setup.h"

#include <utility>

namespace drivers::redis {

using actors::ports::Done;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

void run_in_turn(Connection& connection, Commands commands, Done<Unit> done) {
  if (commands.empty()) return done(Unit{});
  std::vector<std::string> words = std::move(commands.front());
  commands.erase(commands.begin());
  connection.command(words, [&connection, commands = std::move(commands),
                             done = std::move(done)](const Result<Value>& reply) mutable {
    if (!reply.ok()) return done(reply.error());
    run_in_turn(connection, std::move(commands), std::move(done));
  });
}

void check_pid(Connection& connection, pid_t pid, Done<Unit> done) {
  const std::string own = "process_id:" + std::to_string(pid) + "\r";
  connection.command({"INFO", "server"}, [own, done = std::move(done)](const Result<Value>& info) {
    if (!info.ok()) return done(info.error());
    if (info.value().text.find(own) != std::string::npos) return done(Unit{});
    done(Error{Errc::refused, "some other redis-server answers on our socket"});
  });
}

void set_users(Connection& connection, const AccessSettings& settings, Done<Unit> done) {
  connection.command({"ACL", "USERS"}, [&connection, settings, done = std::move(done)](
                                           const Result<Value>& present) mutable {
    if (!present.ok()) return done(present.error());
    const auto users = users_of(settings);
    if (!users.ok()) return done(users.error());
    run_in_turn(connection, as_commands(users.value(), present.value()), std::move(done));
  });
}

void set_listen(Connection& connection, const std::string& address, Done<Unit> done) {
  if (address.empty())
    return run_in_turn(connection, {{"CONFIG", "SET", "port", "0"}}, std::move(done));
  const auto parsed = parse_url(address);
  if (!parsed.ok()) {
    // By way of the connection, so that the answer comes later here too.
    return connection.command({"PING"}, [error = parsed.error(), done = std::move(done)](
                                            const Result<Value>&) { done(error); });
  }
  run_in_turn(connection,
              {{"CONFIG", "SET", "bind", parsed.value().host},
               {"CONFIG", "SET", "port", std::to_string(parsed.value().port)}},
              [address, done = std::move(done)](const Result<Unit>& set) {
                if (set.ok() || set.error().code != Errc::refused) return done(set);
                done(Error{Errc::refused, "redis.listen " + address +
                                              ": taken by another process, or no address of this "
                                              "machine (" +
                                              set.error().detail + ")"});
              });
}

}  // namespace drivers::redis
