// Names of things, one type each, so that a host can't be passed where a VM is meant.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace actors {

/// Never empty, no blanks in it: drivers refuse others where they meet them.
template <class Tag>
struct Id {
  std::string text;
  friend auto operator<=>(const Id&, const Id&) = default;  // NOLINT(modernize-use-nullptr)
};

using HostId = Id<struct HostTag>;            ///< host name as in conf.yaml
using BootId = Id<struct BootTag>;            ///< the kernel's boot_id
using OrderId = Id<struct OrderTag>;          ///< entry id in the host's orders stream
using MeteredId = Id<struct MeteredTag>;      ///< what a meter is on: a host's or a switch's name
using MigrationId = Id<struct MigrationTag>;  ///< "m17": the 17th since the journal began
using StreamId = Id<struct StreamTag>;        ///< entry id of a Redis stream, "1700000000000-0"
using CpuId = Id<struct CpuTag>;              ///< of a guest's CPU, made of what it is

/// A libvirt domain's UUID, by value: hundreds of thousands of them lie in samples, windows and
/// maps, and are compared all the time (LIMITS.md §3). Ordered as their texts are.
class VmId {
 public:
  constexpr VmId() = default;  ///< the nil UUID, which no domain has
  constexpr VmId(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}

  /// None: not 36 characters of 8-4-4-4-12 hexadecimal digits, lower case, as libvirt prints it.
  static std::optional<VmId> parse(std::string_view text);
  std::string text() const;
  constexpr std::uint64_t low() const { return low_; }

  friend auto operator<=>(const VmId&, const VmId&) = default;  // NOLINT(modernize-use-nullptr)

 private:
  std::uint64_t high_ = 0, low_ = 0;
};

}  // namespace actors
