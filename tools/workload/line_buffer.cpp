#include "workload/line_buffer.h"

namespace workload {

std::vector<std::string> LineBuffer::add(std::string_view bytes) {
  std::vector<std::string> lines;
  for (char c : bytes) {
    if (c == '\n' || c == '\r') {
      end_line(lines);
    } else if (part_.size() < kLongest) {
      part_ += c;
    } else {
      too_long_ = true;
    }
  }
  return lines;
}

void LineBuffer::end_line(std::vector<std::string>& lines) {
  if (!part_.empty() && !too_long_) lines.push_back(part_);
  part_.clear();
  too_long_ = false;
}

}  // namespace workload
