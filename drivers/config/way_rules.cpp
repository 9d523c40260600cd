#include "drivers/config/way_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace drivers::config {

namespace {

constexpr std::size_t kLongestIpmiUser = 16, kLongestWebUser = 64;
constexpr std::size_t kSha256Base64 = 44;

bool hex(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}
bool letter_or_digit(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<signed char>(c) > 0;
}
bool visible(char c) {
  return c > ' ' && c < 0x7f;
}
bool of_a_name(char c) {
  return letter_or_digit(c) || c == '.' || c == '-' || c == '_';
}

bool is_ip(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, text.c_str(), address.data()) == 1;
}

bool is_host(const std::string& text) {
  if (is_ip(AF_INET, text) || is_ip(AF_INET6, text)) return true;
  return !text.empty() && text.size() <= 253 && text.front() != '-' &&
         std::ranges::all_of(text, of_a_name);
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  return fault == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65'536;
}

// HOST, HOST:PORT, [IPv6] or [IPv6]:PORT.
bool is_authority(std::string_view text) {
  std::string_view host = text, port = "1";
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != text.npos && text.find(']', colon) == text.npos;
  if (has_port) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (!is_port(port)) return false;
  if (host.starts_with('[') && host.ends_with(']'))
    return is_ip(AF_INET6, std::string{host.substr(1, host.size() - 2)});
  return host.find(':') == host.npos && is_host(std::string{host});
}

TextFault bad_user(const std::string& text, std::size_t longest) {
  if (text.empty()) return "is empty; expected a user of the BMC";
  if (text.size() <= longest && std::ranges::all_of(text, visible) && text.find(':') == text.npos)
    return {};
  return "'" + text.substr(0, longest) + "' is no user; allowed: up to " + std::to_string(longest) +
         " visible ASCII characters without a colon";
}

}  // namespace

TextFault bad_mac(const std::string& text) {
  bool right = text.size() == 17;
  for (std::size_t i = 0; right && i < text.size(); ++i)
    right = i % 3 == 2 ? text[i] == text[2] && (text[i] == ':' || text[i] == '-') : hex(text[i]);
  if (!right)
    return "'" + text + "' is no MAC address; expected one such as \"52:54:00:00:00:01\", quoted";
  const bool group = std::string_view{"13579bBdDfF"}.find(text[1]) != std::string_view::npos;
  if (group)
    return "'" + text + "' is the address of a group; expected that of the host's own card";
  return {};
}

TextFault bad_broadcast(const std::string& text) {
  if (!is_ip(AF_INET, text))
    return "'" + text +
           "' is no IPv4 address; expected the broadcast address of the host's subnet, such as "
           "10.0.0.255 (ip address: brd)";
  if (text == "255.255.255.255")
    return "255.255.255.255 leaves by one network card only, which may be the wrong one; expected "
           "the broadcast address of the host's subnet, such as 10.0.0.255";
  return {};
}

TextFault bad_bmc_address(const std::string& text) {
  if (is_host(text)) return {};
  return "'" + text +
         "' is no address; expected one such as 10.0.1.11 or bmc1.example, without a port";
}

TextFault bad_ipmi_user(const std::string& text) {
  return bad_user(text, kLongestIpmiUser);
}

TextFault bad_web_user(const std::string& text) {
  return bad_user(text, kLongestWebUser);
}

TextFault bad_web_address(const std::string& text) {
  if (text.find('@') != text.npos)
    return "has a user or a secret in it; use `user` and `password_file`";
  const std::size_t begin = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  if (begin != 0 && is_authority(std::string_view{text}.substr(begin))) return {};
  return "'" + text +
         "' is no address of a BMC; expected https://HOST or https://HOST:PORT, without a path";
}

TextFault bad_resource_path(const std::string& text) {
  if (text.starts_with("/redfish/") && std::ranges::all_of(text, visible)) return {};
  return "'" + text + "' is no Redfish resource; expected one such as /redfish/v1/Systems/1";
}

TextFault bad_secret(const std::string& text) {
  if (text.starts_with('/')) return {};
  if (!text.empty() && std::ranges::all_of(text, of_a_name) && text.front() != '.') return {};
  return "'" + text +
         "' is neither an absolute path nor a name; expected a file such as /etc/nemuri/bmc, mode "
         "0600, or a name in $CREDENTIALS_DIRECTORY";
}

TextFault bad_pin(const std::string& text) {
  constexpr std::string_view kBegin = "sha256//";
  const auto base64 = [](char c) { return letter_or_digit(c) || c == '+' || c == '/'; };
  if (text.empty()) return {};
  const std::string digits = text.substr(std::min(kBegin.size(), text.size()));
  if (text.starts_with(kBegin) && digits.size() == kSha256Base64 && digits.ends_with('=') &&
      std::all_of(digits.begin(), digits.end() - 1, base64))
    return {};
  return "'" + text.substr(0, 80) +
         "' is no pin; expected sha256// and 44 characters of base64 (docs/power.md says how to "
         "get it)";
}

}  // namespace drivers::config
