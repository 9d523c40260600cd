// What may stand in settings that are text. Each says what is wrong with one and what would be
// right, or nothing. An empty text means "the default" where there is one.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace drivers::config {

using TextFault = std::optional<std::string>;

/// Hosts, pools, Redis users: they become parts of Redis keys and of lines that people read.
TextFault bad_name(const std::string& text);
TextFault bad_group(const std::string& text);           ///< or empty
TextFault bad_path(const std::string& text);            ///< absolute, or empty
TextFault bad_absolute_path(const std::string& text);   ///< short enough for a socket below it
TextFault bad_socket_path(const std::string& text);     ///< or empty; sun_path has 108 bytes
TextFault bad_redis_url(const std::string& text);       ///< or empty
TextFault bad_listen_address(const std::string& text);  ///< or empty
TextFault bad_libvirt_uri(const std::string& text);     ///< or empty

/// Of an argument list: the first argument names a program, and no secret stands among them.
TextFault bad_command(const std::vector<std::string>& argv);

/// Is a key of this name one that people put secrets behind?
bool names_a_secret(const std::string& key);

}  // namespace drivers::config
