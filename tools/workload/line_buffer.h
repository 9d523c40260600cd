// Makes lines of the bytes which come in from a port. CR and LF both end a line; empty lines are
// dropped, so that a client may send one to flush what a predecessor left half-written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace workload {

class LineBuffer {
 public:
  /// A line longer than this is dropped whole: nobody may fill the guest's memory.
  static constexpr std::size_t kLongest = 256;

  /// The lines completed by these bytes, in order, without their ends.
  std::vector<std::string> add(std::string_view bytes);

 private:
  void end_line(std::vector<std::string>& lines);

  std::string part_;
  bool too_long_ = false;
};

}  // namespace workload
