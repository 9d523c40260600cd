// What the drivers of `nemuri run` are told: everything of conf.yaml that no actor needs to know.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "actors/ids.h"
#include "reactor/time.h"

namespace drivers {

struct RedisSettings {
  std::string url;  ///< tcp://host:port or unix:/path; empty: an own redis-server child
  std::string user = "nemuri-controller";  ///< of an own Redis: made there
  std::string password_file;               ///< of `url`; mode 0600
  std::string listen;  ///< host:port of the own child, for agents; empty: unix socket only
  reactor::Duration keep{3'600'000};
  std::int64_t keep_bytes = 256LL * 1024 * 1024;
  std::int64_t journal_keep_entries = 1'000'000;
  reactor::Duration lease{5'000};
};

struct LibvirtSettings {
  std::int64_t migrate_calls = 8;  ///< at a time, in a pool of their own
  std::int64_t control_calls = 4;  ///< looks, switches, aborts: a lane of their own
  reactor::Duration call_limit{10'000};
  std::int64_t keepalive_interval_s = 2;
  std::int64_t keepalive_count = 3;
  reactor::Duration reconnect_first{500}, reconnect_longest{10'000};
};

struct TailSettings {
  std::string socket;  ///< empty: `state_dir`/nemuri.sock
  std::string group;   ///< of the socket; empty: unchanged
  std::int64_t client_bytes =
      4LL * 1024 * 1024;  ///< waiting for one slow client, then it loses lines
  std::int64_t history_bytes = 16LL * 1024 * 1024;  ///< kept for --since
};

/// A host's commands, each an argument list that is run as it is, without a shell.
struct HostCommands {
  std::vector<std::vector<std::string>> wake;  ///< in the order they are tried
  std::vector<std::string> power;              ///< prints on, asleep or off; empty: cannot be read
};

/// Who tells people of alerts: an argument list that is run as it is, without a shell.
struct AlertCommand {
  std::vector<std::string> argv;  ///< empty: nobody does
  reactor::Duration limit{10'000};
};

struct DriverSettings {
  std::string state_dir = "/var/lib/nemuri";
  RedisSettings redis;
  LibvirtSettings libvirt;
  TailSettings tail;
  AlertCommand alert;
  reactor::Duration exec_limit{10'000};  ///< of one command
  std::map<actors::HostId, HostCommands> commands;
};

}  // namespace drivers
