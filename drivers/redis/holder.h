// Who holds a pool's lease: a controller's own name, made once in its state folder, and its
// process.
//
// The folder is locked for as long as this lives, so two processes never go by one name: one that
// finds its own name in the lease is the restarted one, and may take over at once.
#pragma once

#include <string>

#include "reactor/result.h"

namespace drivers::redis {

class Holder {
 public:
  /// Makes the folder (mode 0700) and the name where there is none. Errors: refused, another
  /// process uses the folder (named by its pid), or the folder can't be used.
  static reactor::Result<Holder> take(const std::string& state_dir);

  ~Holder();
  Holder(Holder&& other) noexcept;
  Holder& operator=(Holder&& other) noexcept;

  const std::string& name() const { return name_; }  ///< "HOST:8 hex digits", no blanks in it
  /// "NAME PID", as it stands in the lease.
  std::string lease_value() const;

 private:
  Holder(int lock, std::string name) : lock_(lock), name_(std::move(name)) {}

  int lock_ = -1;
  std::string name_;
};

}  // namespace drivers::redis
