// Passwords of BMCs, from where only we can read them.
//
// They are read anew at each use, so a new one needs no restart, and they go nowhere else: not into
// settings, arguments, logs or the texts of errors.
#pragma once

#include <string>

#include "reactor/result.h"

namespace drivers::power {

inline constexpr std::size_t kLongestSecret = 1024;  ///< bytes

/// `source`: an absolute path, or a name without a slash in $CREDENTIALS_DIRECTORY
/// (systemd.exec(5)). The file is a regular one of one line, mode 0600 or stricter (systemd's may
/// be readable for its group, since an access list's mask shows there), of root or of the user that
/// we run as. Reads a local file and returns at once. Errors: refused, with what is wrong with
/// which file and what to do; never its content.
reactor::Result<std::string> read_secret(const std::string& source);

/// The file itself, for a program that reads it: looked at in the same way.
reactor::Result<std::string> secret_file(const std::string& source);

}  // namespace drivers::power
