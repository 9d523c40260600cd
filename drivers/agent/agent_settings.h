// What `nemuri agent` is told on its command line (tools/commands/agent_command.cpp has the
// manual).
#pragma once

#include <string>
#include <vector>

#include "actors/ports/ids.h"
#include "actors/ports/units.h"
#include "reactor/time.h"

namespace drivers::agent {

enum class SuspendBy { automatic, logind, sys, command };

struct AgentSettings {
  actors::HostId host;
  std::string pool = "default";
  std::string version;

  std::string redis;  ///< tcp://host:port, host:port or unix:/path
  std::string redis_user;
  std::string redis_password_file;

  std::string libvirt = "qemu:///system";  ///< as this agent reaches it
  std::string libvirt_uri;                 ///< as the controller and other hosts reach it
  std::string migration_address;

  actors::Mcores capacity;            ///< 0: the cores that are online
  actors::Kib memory;                 ///< 0: what the host or its cgroup says
  std::string cgroup;                 ///< empty: the whole machine is the host
  std::vector<std::string> networks;  ///< counted; empty: all that look like real ones

  /// automatic: a command if one is given, else logind if it runs, else /sys/power/state
  SuspendBy suspend = SuspendBy::automatic;
  std::vector<std::string> suspend_command;
  std::string wake_device;  ///< network interface that has to be armed; empty: nobody looks
  std::string bus;          ///< D-Bus address where logind is; empty: the system's bus
  reactor::Duration interval{1'000};
  reactor::Duration ack_limit{10'000};     ///< for the controller's word on our going down
  reactor::Duration look_limit{5'000};     ///< for libvirt's word that no domain is here
  reactor::Duration carrier_limit{5'000};  ///< for wake_device's cable after a sleep
  reactor::Duration exit_limit{1'000};     ///< for what is not in Redis yet when we are told to end

  std::string proc = "/proc";
  std::string sys = "/sys";
  std::string boot_id_file = "/proc/sys/kernel/random/boot_id";
  std::string qemu_conf = "/etc/libvirt/qemu.conf";
  std::string pid_folder = "/run/libvirt/qemu";  ///< NAME.pid of each domain's process
};

}  // namespace drivers::agent
