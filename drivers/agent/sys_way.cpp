#include "drivers/agent/sys_way.h"

#include <utility>

#include "reactor/invariant.h"

namespace drivers::agent {

namespace {

// Words stand alone or in brackets: "s2idle [deep]".
bool has_word(std::string_view text, std::string_view word) {
  for (auto next = next_word(text); !next.empty(); next = next_word(text))
    if (next == word || next == "[" + std::string{word} + "]") return true;
  return false;
}

std::string shown(const std::string& text) {
  std::string_view rest{text};
  return "\"" + std::string{next_line(rest)} + "\"";
}

}  // namespace

// Kernels before 4.10 have no mem_sleep: "mem" is S3 there.
Failure select_deep(const std::string& power) {
  const std::string state = read_file(power + "/state").value_or("");
  if (!has_word(state, "mem"))
    return power + "/state has " + shown(state) + ", no mem: this host cannot suspend to RAM";
  const std::string path = power + "/mem_sleep";
  const auto modes = read_file(path);
  if (!modes || modes->find("[deep]") != std::string::npos) return std::nullopt;
  if (!has_word(*modes, "deep"))
    return path + " has " + shown(*modes) + ", no deep: no S3 here (look for it in the BIOS)";
  if (auto failure = write_file(path, "deep")) return failure;
  const std::string now = read_file(path).value_or("");
  if (now.find("[deep]") != std::string::npos) return std::nullopt;
  return path + " has " + shown(now) + " after deep was written into it";
}

void SysWay::check(Done done) {
  loop_.post([this, done = std::move(done)] { done(select_deep(power_)); });
}

void SysWay::sleep(Done done) {
  const bool begun = pool_.submit(
      [power = power_] {
        auto failure = select_deep(power);
        return failure ? failure : write_file(power + "/state", "mem");
      },
      [done = std::move(done)](Failure failure) { done(std::move(failure)); });
  INVARIANT(begun);
}

}  // namespace drivers::agent
