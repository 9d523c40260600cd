#include <malloc.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdlib>

#include "drivers/agent/agent.h"
#include "drivers/agent/files.h"

namespace drivers::agent {

namespace {

// Threads here are few and mostly asleep: one heap for all of them, given back early. glibc would
// keep an arena a thread.
void use_little_memory() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 128 * 1024);
}

std::string first_word(const std::string& path) {
  const auto text = read_file(path).value_or("");
  std::string_view rest{text};
  return std::string{next_word(rest)};
}

reactor::Result<redis::Endpoint> endpoint_of(const AgentSettings& settings) {
  auto parsed = redis::parse_url(settings.redis);
  if (!parsed.ok()) return parsed;
  redis::Endpoint endpoint = parsed.value();
  endpoint.user = settings.redis_user;
  endpoint.password_file = settings.redis_password_file;
  return endpoint;
}

}  // namespace

int run_agent(const AgentSettings& settings) {
  use_little_memory();
  const auto endpoint = endpoint_of(settings);
  const actors::BootId boot{first_word(settings.boot_id_file)};
  if (!endpoint.ok() || boot.text.empty()) {
    spdlog::error("{}", endpoint.ok() ? "reading " + settings.boot_id_file + ": not there, or empty"
                                      : endpoint.error().detail);
    return 1;
  }
  reactor::Loop loop;
  Agent agent{loop, settings, endpoint.value(), boot};
  for (const int signum : {SIGTERM, SIGINT})
    loop.on_signal(signum, [&] { agent.end([&] { loop.stop(); }); });
  spdlog::info("agent of host {} in pool {}, boot {}", settings.host.text, settings.pool,
               boot.text);
  loop.run();
  // A thread that waits for libvirt can't be ended, and nothing of ours is left to be saved.
  spdlog::shutdown();
  if (agent.hangs()) std::_Exit(0);
  return 0;
}

}  // namespace drivers::agent
