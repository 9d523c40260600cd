// The libvirt daemons of the pool's hosts: links to them, looks, migrations.
//
// A call returns at once; its `done` runs exactly once, on the loop, never from inside the call,
// and within the call's time limit. What happens to domains comes through the listener; a
// migration's return code alone is never the truth (DESIGN.md §7). Every call to a host without a
// link answers unreachable.
#pragma once

#include "actors/ports/done.h"
#include "actors/ports/facts.h"
#include "actors/ports/preflight.h"

namespace actors::ports {

enum class MigrationMode {
  /// Switched at once; held back until then, so that it never ends as a precopy, of which libvirt
  /// may let both ends run (docs/failures.md)
  postcopy,
  postcopy_after_precopy,  ///< switched after one pass
  precopy,                 ///< arrives when it converges, perhaps never
  precopy_then_postcopy    ///< the same, and is switched if it has not by its limit
};
constexpr auto names(MigrationMode) {
  return std::array{"postcopy"sv, "postcopy_after_precopy"sv, "precopy"sv,
                    "precopy_then_postcopy"sv};
}
/// Its memory may be on two hosts.
constexpr bool may_be_postcopy(MigrationMode mode) {
  return mode != MigrationMode::precopy;
}
/// migrate() switches it.
constexpr bool is_switched(MigrationMode mode) {
  return mode == MigrationMode::postcopy || mode == MigrationMode::postcopy_after_precopy;
}

struct MigrateCall {
  VmId vm;
  HostId source, target;
  MigrationMode mode = MigrationMode::postcopy;
  std::int64_t bandwidth_mib_s = 0;           ///< 0: no limit; not of a `postcopy`
  std::int64_t postcopy_bandwidth_mib_s = 0;  ///< 0: no limit
  std::string target_uri;  ///< libvirt of the target, as the source's libvirtd reaches it
  std::string
      migration_address;  ///< the target's, on the migration network; empty: libvirt's choice
};

class HypervisorListener {
 public:
  virtual ~HypervisorListener() = default;
  /// The link is up: all domains of the host, in one consistent look, newer than any earlier news.
  virtual void linked(const HostId& host, std::vector<DomainLook> domains) = 0;
  /// It was lost; the driver tries again by itself until close().
  virtual void unlinked(const HostId& host, std::string why) = 0;
  virtual void news(DomainNews news) = 0;
  virtual void stats(MigrationStats stats) = 0;
};

class Hypervisor {
 public:
  virtual ~Hypervisor() = default;

  /// Keeps a link to the host's libvirt from now on, until close(). Called again with another URI:
  /// to that one.
  virtual void open(const HostId& host, const std::string& uri) = 0;
  /// Ends the link (a host is about to sleep). No unlinked() follows.
  virtual void close(const HostId& host) = 0;

  /// Looks at one domain. A domain that is not there is a look too (absent). Errors: unreachable.
  virtual void look_up(const HostId& host, const VmId& vm, Done<DomainLook> done) = 0;

  /// The domain's XML, migratable and with what is secret in it. Errors: refused, unreachable.
  virtual void describe(const HostId& host, const VmId& vm, Done<std::string> done) = 0;

  /// What the host offers, what VMs on it need, whether CPUs fit it. Changes nothing. Errors:
  /// unreachable.
  virtual void survey(const SurveyCall& call, Done<Survey> done) = 0;

  /// Moves a VM, peer-to-peer; answers when the call has ended, which may take for ever: no time
  /// limit. Errors: busy (the bounded pool is full), refused (libvirt said no before anything
  /// moved), unreachable, outcome_unknown (all other errors: look at both ends).
  virtual void migrate(const MigrateCall& call, Done<reactor::Unit> done) = 0;

  /// Stops the source's side of a postcopy that broke, so that both ends fail and it can be
  /// resumed. Errors: refused (it is stopped already, or there is none), unreachable,
  /// outcome_unknown.
  virtual void pause_postcopy(const HostId& source, const VmId& vm, Done<reactor::Unit> done) = 0;

  /// Goes on with a postcopy, over a new connection, once both ends say that it failed. Answers as
  /// migrate() does, with its errors; `call` is that of the migration.
  virtual void resume_postcopy(const MigrateCall& call, Done<reactor::Unit> done) = 0;

  /// Stops a domain where it is; nothing of it is lost. Errors: refused (it is not there, or does
  /// not run), unreachable, outcome_unknown.
  virtual void suspend(const HostId& host, const VmId& vm, Done<reactor::Unit> done) = 0;

  /// Ends a domain at once, whatever it does. Errors: refused (it is not there, or would not end),
  /// unreachable, outcome_unknown.
  virtual void destroy(const HostId& host, const VmId& vm, Done<reactor::Unit> done) = 0;

  /// Starts a domain as describe() wrote it. Errors: refused (it is there already, or can't be
  /// started), unreachable, outcome_unknown.
  virtual void start(const HostId& host, const std::string& xml, Done<reactor::Unit> done) = 0;

  /// Switches one that may be a postcopy and that migrate() does not switch, or that another
  /// controller began. Errors: refused
  /// (it allows no postcopy, is not copied yet, or has switched), unreachable, outcome_unknown.
  virtual void switch_over(const HostId& source, const VmId& vm, Done<reactor::Unit> done) = 0;

  /// Gives up a migration that has not switched. Errors: refused, unreachable, outcome_unknown.
  virtual void abort(const HostId& source, const VmId& vm, Done<reactor::Unit> done) = 0;
};

}  // namespace actors::ports
