// Names of things, one type each, so that a host can't be passed where a VM is meant.
#pragma once

#include <compare>
#include <string>

namespace actors {

/// Never empty, no blanks in it: drivers refuse others where they meet them.
template <class Tag>
struct Id {
  std::string text;
  friend auto operator<=>(const Id&, const Id&) = default;  // NOLINT(modernize-use-nullptr)
};

using VmId = Id<struct VmTag>;                ///< libvirt domain UUID
using HostId = Id<struct HostTag>;            ///< host name as in conf.yaml
using BootId = Id<struct BootTag>;            ///< the kernel's boot_id
using OrderId = Id<struct OrderTag>;          ///< entry id in the host's orders stream
using MeteredId = Id<struct MeteredTag>;      ///< what a meter is on: a host's or a switch's name
using MigrationId = Id<struct MigrationTag>;  ///< "m17": the 17th since the journal began
using StreamId = Id<struct StreamTag>;        ///< entry id of a Redis stream, "1700000000000-0"

}  // namespace actors
