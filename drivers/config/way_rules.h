// What may stand in a way of waking (`hosts[].wake`). As text_rules.h: what is wrong, or nothing.
#pragma once

#include "drivers/config/text_rules.h"

namespace drivers::config {

TextFault bad_mac(const std::string& text);          ///< 52:54:00:00:00:01, or with -
TextFault bad_broadcast(const std::string& text);    ///< a subnet's own, IPv4
TextFault bad_bmc_address(const std::string& text);  ///< IPv4, IPv6 or a name; no port
TextFault bad_ipmi_user(const std::string& text);    ///< IPMI 2.0 §22.28: at most 16 bytes
TextFault bad_web_user(const std::string& text);
TextFault bad_web_address(const std::string& text);    ///< http(s)://HOST[:PORT]
TextFault bad_resource_path(const std::string& text);  ///< /redfish/v1/Systems/1
TextFault bad_secret(const std::string& text);         ///< where one is read from: secret.h
TextFault bad_pin(const std::string& text);            ///< sha256//BASE64, or empty

}  // namespace drivers::config
