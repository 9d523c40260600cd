// What the drivers of `nemuri run` are told: everything of conf.yaml that no actor needs to know.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/ports/ids.h"
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

// Ways of waking a host (`hosts[].wake`), drivers/power has a file for each. Secrets are never
// here, only where they are read from: a path, or a name in $CREDENTIALS_DIRECTORY
// (drivers/power/secret.h).

/// The operator's command: an argument list that is run as it is, without a shell.
struct ExecSettings {
  static constexpr std::string_view kKind = "exec";
  static constexpr bool kReads = false;
  std::vector<std::string> argv;
};

/// A Wake-on-LAN packet.
struct WolSettings {
  static constexpr std::string_view kKind = "wol";
  static constexpr bool kReads = false;
  std::string mac;        ///< 52:54:00:00:00:01
  std::string broadcast;  ///< of the host's subnet, IPv4: 10.0.0.255
  std::int64_t port = 9;
  std::string secure_on_file;  ///< 4 or 6 bytes as 01:02:03:04[:05:06]; empty: none
};

/// Chassis control by a BMC, IPMI 2.0 over LAN.
struct IpmiSettings {
  static constexpr std::string_view kKind = "ipmi";
  static constexpr bool kReads = true;
  std::string address;  ///< of the BMC; a name is looked up each time
  std::int64_t port = 623;
  std::string user, password_file;
  std::int64_t cipher_suite = 3;  ///< 3, or 17 (then by `ipmitool`)
  reactor::Duration limit{5'000};
};

/// ComputerSystem.Reset with On, or PushPowerButton where the BMC has no On.
struct RedfishSettings {
  static constexpr std::string_view kKind = "redfish";
  static constexpr bool kReads = true;
  std::string url;     ///< https://10.0.1.11, without a path
  std::string system;  ///< /redfish/v1/Systems/1
  std::string user, password_file;
  std::string ca_file, pin;  ///< TLS is verified by the system's CAs, this file, or sha256//BASE64
  reactor::Duration limit{30'000};  ///< a good BMC shows what it does after up to 11 s
};

/// CIM_PowerManagementService of Intel AMT.
struct AmtSettings {
  static constexpr std::string_view kKind = "amt";
  static constexpr bool kReads = true;
  std::string url;  ///< https://10.0.1.12:16993, without a path
  std::string user = "admin", password_file;
  std::string ca_file, pin;         ///< as Redfish
  reactor::Duration limit{30'000};  ///< firmware that sleeps does not hear the first seconds
};

using WaySettings =
    std::variant<ExecSettings, WolSettings, IpmiSettings, RedfishSettings, AmtSettings>;

inline std::string_view kind_of(const WaySettings& way) {
  return std::visit([](const auto& settings) { return settings.kKind; }, way);
}

/// Can it read the power state?
inline bool reads(const WaySettings& way) {
  return std::visit([](const auto& settings) { return settings.kReads; }, way);
}

/// How one host is woken, and how its power state is read.
struct HostPower {
  std::vector<WaySettings> wake;           ///< in the order they are tried
  std::vector<std::string> power_command;  ///< prints on, asleep or off; empty: by a way that reads
};

struct WakeSettings {
  std::int64_t operations = 16;          ///< in flight at a time, in the whole pool
  reactor::Duration exec_limit{10'000};  ///< of one command
  std::map<actors::HostId, HostPower> hosts;
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
  WakeSettings wake;
};

}  // namespace drivers
