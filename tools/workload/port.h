// One way by which orders reach the guest: a serial port, or a virtio port whose device appears
// late and which hangs up whenever nobody is connected outside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workload/line_buffer.h"

namespace workload {

class Port {
 public:
  /// `name` is a path, or the name of a virtio port, e.g. "/dev/ttyS1" or "lab.load".
  explicit Port(std::string name) : name_(std::move(name)) {}

  /// For poll(2); -1 while the port is not there or nobody is connected: polling would return at
  /// once, for ever.
  int fd_to_poll() const { return hung_up_ ? -1 : fd_; }

  /// Opens the port if it is not open yet, and looks whether somebody connected.
  void look();

  /// The lines that came. Never blocks.
  std::vector<std::string> read_lines();

  /// Sends a line; what does not fit is dropped, as nobody reads it.
  void say(std::string_view line);

 private:
  std::string path() const;

  std::string name_;
  LineBuffer lines_;
  int fd_ = -1;
  bool hung_up_ = true;
};

}  // namespace workload
