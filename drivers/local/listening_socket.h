// A unix stream socket in the file system, which only its owner and one group may use.
#pragma once

#include <sys/types.h>

#include <string>

#include "reactor/result.h"

namespace drivers::local {

struct BoundSocket {
  int fd = -1;  ///< bound, not yet listening; the caller closes it
  dev_t device = 0;
  ino_t inode = 0;  ///< of its file
};

/// Mode 0660, and of `group` unless that is empty. The file that a dead process left is replaced.
/// Errors: refused (somebody listens there, another kind of file is there, no such group, no
/// permission).
reactor::Result<BoundSocket> bind_socket(const std::string& path, const std::string& group);

/// Removes the socket's file, unless another one stands there by now.
void remove_socket(const BoundSocket& socket, const std::string& path);

}  // namespace drivers::local
