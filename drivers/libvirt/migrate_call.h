// The one long call: virDomainMigrateToURI3, peer-to-peer. It blocks for as long as the migration
// takes: for threads of the migrate pool.
//
// On a connection of its own. libvirtd serves five calls of one client at a time and then stops
// reading from it, keepalives included (max_client_requests): migrations on the link's connection
// would lock out the very calls that switch or abort them. When this connection breaks, the
// source's libvirtd goes on with the migration by itself.
#pragma once

#include <optional>
#include <string>

#include "drivers/libvirt/connection.h"

namespace drivers::libvirt {

struct MigrateEnd {
  reactor::Result<reactor::Unit> result;
  /// The guest, looked at once more, is at the source and has no job there: what to answer instead
  /// if no pass over its memory had begun.
  std::optional<reactor::Error> if_no_pass;
};

enum class MigrateKind {
  whole,
  resume  ///< goes on with a postcopy that both ends say has failed
};
/// For messages: "migrating", "resuming the postcopy of".
std::string_view verb_of(MigrateKind kind);

/// Errors: refused, unreachable, outcome_unknown.
MigrateEnd migrate(const std::string& source_uri, const LibvirtSettings& settings, Owner owner,
                   const actors::ports::MigrateCall& call, MigrateKind kind);

}  // namespace drivers::libvirt
