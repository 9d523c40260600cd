// FNV-1a, 64 bits: the same parts in the same order have the same fingerprint, in every run and on
// every machine; others all but never. Not against anybody who means harm.
#pragma once

#include <cstdint>
#include <string_view>

namespace reactor {

class Fingerprint {
 public:
  /// Byte by byte: how a text is cut into parts makes no difference.
  constexpr void add(std::string_view text) {
    for (const char byte : text)
      add_one(static_cast<unsigned char>(byte));
  }
  /// As a whole.
  constexpr void add(std::int64_t number) { add_one(static_cast<std::uint64_t>(number)); }
  constexpr std::uint64_t value() const { return value_; }

 private:
  constexpr void add_one(std::uint64_t part) { value_ = (value_ ^ part) * 0x100000001b3U; }

  std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace reactor
