// What a run says if the process aborts in it: the command that repeats it.
#pragma once

#include <string>

namespace sim_tool {

/// For the thread it is made on, as long as it lives.
class LastWords {
 public:
  explicit LastWords(const std::string& repeat);
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

 private:
  std::string text_;
};

}  // namespace sim_tool
