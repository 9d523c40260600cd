#include "drivers/agent/wake_device.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>

namespace drivers::agent {

namespace {

std::string folder_of(const std::string& sys, const std::string& name) {
  return sys + "/class/net/" + name;
}

// None: the driver does not say (many virtual ones), or there is no such device.
std::optional<ethtool_wolinfo> wake_on_lan(const std::string& name) {
  const int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (file < 0) return std::nullopt;
  ethtool_wolinfo found{};
  found.cmd = ETHTOOL_GWOL;
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&found);
  const int failed = ioctl(file, SIOCETHTOOL, &request);
  close(file);
  return failed == 0 ? std::optional{found} : std::nullopt;
}

}  // namespace

Failure check_wake_device(const std::string& sys, const std::string& name) {
  const std::string path = folder_of(sys, name) + "/device/power/wakeup";
  const auto text = read_file(path);
  std::string_view rest{text ? std::string_view{*text} : std::string_view{}};
  const std::string said{next_word(rest)};
  if (said.empty()) return name + " cannot wake this host: there is no " + path;
  if (said != "enabled")
    return name + " would not wake this host: " + path + " is " + said + "; ethtool -s " + name +
           " wol g, or echo enabled >" + path;
  const auto wol = wake_on_lan(name);
  if (wol && wol->supported != 0 && (wol->wolopts & (WAKE_MAGIC | WAKE_MAGICSECURE)) == 0)
    return name + " would not wake this host: it does not wait for magic packets; ethtool -s " +
           name + " wol g";
  return std::nullopt;
}

bool has_carrier(const std::string& sys, const std::string& name) {
  return read_number(folder_of(sys, name) + "/carrier") == 1;
}

}  // namespace drivers::agent
