#include "drivers/config/text_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace drivers::config {

namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestSocketPath = 107;  // sun_path, less its closing zero
constexpr std::string_view kDefaultSocket = "/nemuri.sock";

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  return fault == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65'536;
}

bool is_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  return colon != text.npos && colon > 0 && is_port(text.substr(colon + 1));
}

}  // namespace

TextFault bad_name(const std::string& text) {
  if (text.empty()) return "is empty; expected a name";
  if (text.size() <= kLongestName && std::ranges::all_of(text, plain)) return {};
  return "'" + text.substr(0, kLongestName) +
         "' is no name; allowed: up to 64 of the characters a-z A-Z 0-9 . _ -";
}

TextFault bad_group(const std::string& text) {
  return text.empty() ? TextFault{} : bad_name(text);
}

TextFault bad_path(const std::string& text) {
  if (text.empty() || text.front() == '/') return {};
  return "'" + text + "' is no absolute path; begin it with /";
}

TextFault bad_socket_path(const std::string& text) {
  if (text.size() > kLongestSocketPath)
    return "the path has " + std::to_string(text.size()) +
           " bytes; a unix socket's has at most 107";
  return bad_path(text);
}

TextFault bad_absolute_path(const std::string& text) {
  if (text.empty()) return "is empty; expected an absolute path";
  if (auto fault = bad_path(text)) return fault;
  if (bad_socket_path(text + std::string{kDefaultSocket}))
    return "the path is too long: sockets are made below it, and theirs have at most 107 bytes";
  return {};
}

TextFault bad_redis_url(const std::string& text) {
  const std::string_view url = text;
  if (url.find('@') != url.npos)
    return "has a user or a secret in it; use redis.user and redis.password_file";
  if (url.empty() || (url.starts_with("unix:/") && url.size() > 6)) return {};
  if (url.starts_with("tcp://") && is_address(url.substr(6))) return {};
  return "'" + text + "' is no address of a Redis; expected tcp://HOST:PORT or unix:/PATH";
}

TextFault bad_listen_address(const std::string& text) {
  if (text.empty() || is_address(text)) return {};
  return "'" + text + "' is no address to listen on; expected HOST:PORT, such as 10.0.0.1:6379";
}

TextFault bad_libvirt_uri(const std::string& text) {
  if (text.empty() || text.find("://") != text.npos) return {};
  return "'" + text + "' is no libvirt URI; expected one such as qemu+tls://host1/system";
}

TextFault bad_command(const std::vector<std::string>& argv) {
  if (argv.empty() || argv.front().empty())
    return "names no program; expected an argument list, such as [/usr/sbin/etherwake, MAC]";
  const bool ipmitool = argv.front().ends_with("ipmitool");
  for (const std::string& word : argv)
    if (word == "--password" || word.starts_with("--password=") || (ipmitool && word == "-P"))
      return "has a secret in it, which every user of this machine would see in the process list; "
             "let the command read it from a file (ipmitool: -f FILE)";
  return {};
}

bool names_a_secret(const std::string& key) {
  static constexpr std::array kWords{"password", "passwd", "secret", "token", "passphrase"};
  return std::ranges::any_of(kWords, [&](const char* word) { return key.find(word) != key.npos; });
}

}  // namespace drivers::config
