// The other end: one of our doubles of a BMC (tests/power/doubles), a child that ends with its
// standard input; and certificates to try TLS with.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/running_loop.h"

class Double {
 public:
  /// `script`: amt_double.py, redfish_double.py; `options`: see there.
  explicit Double(const std::string& script, std::vector<std::string> options = {}) {
    const std::string path = NEMURI_SOURCE_DIR "/tests/power/doubles/" + script;
    options.insert(options.begin(), {NEMURI_PYTHON, "-B", path, "--log", log_path()});
    https_ = std::ranges::find(options, "--cert") != options.end();
    spawn(options);
    std::string said;
    for (char c = 0; read(from_, &c, 1) == 1 && c != '\n';)
      said += c;
    REQUIRE(said.starts_with("ready "));
    port_ = said.substr(6);
  }
  ~Double() {
    close(to_);
    close(from_);
    waitpid(pid_, nullptr, 0);
  }
  Double(const Double&) = delete;
  Double& operator=(const Double&) = delete;

  std::string url() const { return (https_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + port_; }

  /// What came to it, as far as its handlers got.
  std::vector<nlohmann::json> log(const std::string& event) const {
    std::vector<nlohmann::json> out;
    std::ifstream file{log_path()};
    for (std::string line; std::getline(file, line);)
      if (auto entry = nlohmann::json::parse(line); entry["event"] == event) out.push_back(entry);
    return out;
  }

 private:
  std::string log_path() const { return folder_.path / "log"; }

  void spawn(const std::vector<std::string>& words) {
    std::array<int, 2> in{}, out{};
    REQUIRE(pipe2(in.data(), O_CLOEXEC) == 0);
    REQUIRE(pipe2(out.data(), O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::vector<char*> argv;
    for (const std::string& word : words)
      argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    REQUIRE(posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    to_ = in[1];
    from_ = out[0];
  }

  TempFolder folder_;
  std::string port_;
  pid_t pid_ = 0;
  int to_ = -1, from_ = -1;
  bool https_ = false;
};

/// A password where ways read it from.
class SecretFile {
 public:
  /// Its path.
  std::string write(const std::string& secret) const {
    const std::string path = folder_.path / "password";
    std::ofstream{path} << secret << '\n';
    REQUIRE(chmod(path.c_str(), 0600) == 0);
    return path;
  }

 private:
  TempFolder folder_;
};

/// Made by openssl, once for a test program: see certificates.sh for their names.
class Certificates {
 public:
  static const Certificates& get() {
    static const Certificates once;
    return once;
  }
  std::string file(const std::string& name) const { return folder_.path / name; }
  std::string pin(const std::string& name) const {
    std::ifstream in{file(name + ".pin")};
    std::string out;
    std::getline(in, out);
    return out;
  }
  /// Options of a double that shows this certificate.
  std::vector<std::string> shown(const std::string& name) const {
    return {"--cert", file(name + ".pem"), "--key", file(name + ".key")};
  }

 private:
  Certificates() {
    const std::string make = "sh " NEMURI_SOURCE_DIR "/tests/power/certificates.sh ";
    REQUIRE(std::system((make + folder_.path.string()).c_str()) == 0);
  }
  TempFolder folder_;
};
