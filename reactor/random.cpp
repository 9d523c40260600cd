#include "reactor/random.h"

#include <bit>

namespace reactor {

namespace {

// The constants are those of splitmix64 and xoshiro256**.
std::uint64_t scrambled(std::uint64_t& seed) {
  seed += 0x9e3779b97f4a7c15U;
  std::uint64_t z = seed;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

constexpr unsigned kFraction = 16;     // bits of a logarithm behind the point
constexpr std::int64_t kLn2 = 45'426;  // ln 2, by 2^16

// -log2(bits / 2^64), by 2^16: leading zeros, then a bit for each squaring that reaches 2.
std::int64_t minus_log2(std::uint64_t bits) {
  const int zeros = std::countl_zero(bits);
  std::uint64_t x = (bits << static_cast<unsigned>(zeros)) >> 32U;  // 1 is 2^31, below 2
  std::int64_t fraction = 0;
  for (unsigned i = 0; i < kFraction; ++i) {
    x = (x * x) >> 31U;
    fraction *= 2;
    if (x < (std::uint64_t{1} << 32U)) continue;
    x >>= 1U;
    ++fraction;
  }
  return ((std::int64_t{zeros} + 1) << kFraction) - fraction;
}

}  // namespace

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_)
    word = scrambled(seed);
}

std::uint64_t Random::bits() {
  auto& [a, b, c, d] = state_;
  const std::uint64_t out = std::rotl(b * 5, 7) * 9;
  const std::uint64_t kept = b << 17U;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= kept;
  d = std::rotl(d, 45);
  return out;
}

// What lies past the last whole multiple is thrown away, as it would favour small numbers.
std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  INVARIANT(low <= high);
  const std::uint64_t count =
      static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  if (count == 0) return static_cast<std::int64_t>(bits());
  const std::uint64_t too_many = (0 - count) % count;
  std::uint64_t drawn = bits();
  while (drawn < too_many)
    drawn = bits();
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + drawn % count);
}

Duration Random::waiting(Duration mean) {
  const std::int64_t log2 = minus_log2(bits() | 1U);
  const std::int64_t ln = (log2 * kLn2) >> kFraction;
  const auto whole = ln >> kFraction, part = ln & ((1 << kFraction) - 1);
  return Duration{mean.count() * whole + ((mean.count() * part) >> kFraction)};
}

Random Random::branch(std::uint64_t part) const {
  std::uint64_t seed = part;
  return Random{state_[0] ^ scrambled(seed)};
}

}  // namespace reactor
