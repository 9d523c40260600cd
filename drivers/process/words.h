// A command's words as exec() and libuv want them: they only read them, but their types do not say.
#pragma once

#include <string>
#include <vector>

namespace drivers::process {

/// Points into `argv`, which must stay as it is meanwhile. The last is null.
inline std::vector<char*> c_words(const std::vector<std::string>& argv) {
  std::vector<char*> out;
  out.reserve(argv.size() + 1);
  for (const std::string& word : argv)
    out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace drivers::process
