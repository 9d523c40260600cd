// A folder for a trace file that a test makes; gone with its content when the test is over.
#pragma once

#include <doctest/doctest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace tests {

class TraceFolder {
 public:
  TraceFolder() {
    std::string path = std::filesystem::temp_directory_path() / "nemuri-traces-XXXXXX";
    REQUIRE(mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~TraceFolder() { std::filesystem::remove_all(path_); }
  TraceFolder(const TraceFolder&) = delete;
  TraceFolder& operator=(const TraceFolder&) = delete;

  /// A gzip file with that text.
  std::string packed(const std::string& text) const {
    const std::string path = path_ / "trace.csv.gz";
    const gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return path;
  }
  /// The same name, the text as it is.
  std::string plain(const std::string& text) const {
    const std::string path = path_ / "trace.csv.gz";
    std::ofstream{path} << text;
    return path;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace tests
