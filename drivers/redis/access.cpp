#include "drivers/redis/access.h"

#include <algorithm>
#include <set>

#include "drivers/redis/digest.h"
#include "drivers/redis/endpoint.h"
#include "drivers/redis/private_files.h"

namespace drivers::redis {

namespace {

using actors::HostId;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kLongestName = 200;

// Redis needs no more than the digest, and its users' file and a listing of them show no more.
std::string password_rule(const std::string& secret) {
  return "#" + sha256_hex(secret);
}

User controller(const AccessSettings& settings, const std::string& secret) {
  const Keys keys{settings.pool};
  return {settings.controller, {"on", password_rule(secret), "~" + keys.prefix() + "*", "+@all"}};
}

// Selectors, so that each command goes with its keys: with one list for all, a host could turn
// `stats` into a hash before anybody wrote to it.
User agent(const AccessSettings& settings, const HostId& host, const std::string& secret) {
  const Keys keys{settings.pool};
  return {agent_user(host),
          {"on", password_rule(secret), "-@all", "+auth", "+ping", "+time",
           "(+hset +hdel +hget +hgetall ~" + keys.host(host) + ")",
           "(+xread +xrange +xrevrange +xlen %R~" + keys.orders(host) + ")",
           "(+xadd %W~" + keys.stats() + " %W~" + keys.replies() + ")"}};
}

Result<Unit> check_name(const std::string& name) {
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (!name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), fine))
    return Unit{};
  return Error{Errc::refused, "\"" + name +
                                  "\" can't be a pool or host of an own Redis: it goes into key "
                                  "patterns and file names; use letters, digits, '.', '_', '-'"};
}

// Only a missing one is made: one that others can read is for the operator to look at.
Result<std::string> secret_of(const std::string& path) {
  auto kept = read_password(path);
  if (kept.ok() || kept.error().code != Errc::unreachable) return kept;
  const std::string secret = random_hex(kSecretBytes);
  const auto written = write_private_file(path, secret + "\n");
  if (!written.ok()) return written.error();
  return secret;
}

// No one can be this user. It has all rights because Redis 7.0 asks for them, of all
// users, when it reads its file: without them, whatever a script wrote in more than one command is
// left out at each start, and only its log says so (redis/redis#14541).
User nobody() {
  return {"default", {"off", "resetpass", "~*", "&*", "+@all"}};
}

}  // namespace

std::string agent_user(const HostId& host) {
  return "agent-" + host.text;
}

Result<std::vector<User>> users_of(const AccessSettings& settings) {
  auto named = check_name(settings.pool);
  if (!named.ok()) return named.error();
  const auto own = secret_of(settings.secrets + "/controller");
  if (!own.ok()) return own.error();
  std::vector<User> users{nobody(), controller(settings, own.value())};
  for (const HostId& host : settings.hosts) {
    named = check_name(host.text);
    if (!named.ok()) return named.error();
    const auto secret = secret_of(settings.secrets + "/" + agent_user(host));
    if (!secret.ok()) return secret.error();
    users.push_back(agent(settings, host, secret.value()));
  }
  return users;
}

std::string as_file(const std::vector<User>& users) {
  std::string text;
  for (const User& user : users) {
    text.append("user ").append(user.name);
    for (const std::string& rule : user.rules)
      text.append(" ").append(rule);
    text.append("\n");
  }
  return text;
}

// "reset" first: a user that is there already ends up with just these rules.
Commands as_commands(const std::vector<User>& users, const Value& present) {
  Commands commands;
  std::set<std::string> wanted;
  for (const User& user : users) {
    std::vector<std::string> words{"ACL", "SETUSER", user.name, "reset"};
    words.insert(words.end(), user.rules.begin(), user.rules.end());
    commands.push_back(std::move(words));
    wanted.insert(user.name);
  }
  for (const Value& user : present.items)
    if (!wanted.contains(user.text)) commands.push_back({"ACL", "DELUSER", user.text});
  return commands;
}

}  // namespace drivers::redis
