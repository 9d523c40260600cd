// What libvirt's numbers mean in our words. Pure; the whole table is in
// tests/libvirt/mapping_test.cpp.
//
// Source: libvirt 9.0 <libvirt/libvirt-domain.h>; the sequences of LAB.md §5, §6.
#pragma once

#include <libvirt/libvirt.h>

#include <optional>
#include <string>

#include "actors/ports/hypervisor.h"

namespace drivers::libvirt {

/// A lifecycle event (virDomainEventType and its detail). None: nothing a caller could act on, as
/// what it announces follows in an event of its own. What libvirt has added since is `changed`, so
/// that it leads to a look.
std::optional<actors::ports::News> to_news(int event, int detail);

/// virDomainGetState. Whatever still has a process on the host (a guest that crashed and was kept,
/// or that is shutting down) is not shut_off: its host must not be taken for empty.
actors::ports::DomainState to_state(int state, int reason);

/// States that exist only while a migration has not ended: there is a job, without asking.
bool means_job(actors::ports::DomainState state);

/// Codes with which libvirt turns a call down before it has begun anything.
bool refused_before_start(int error_code);

/// Migration statistics of a job-completed event. None: the job was no outgoing migration.
std::optional<actors::ports::MigrationStats> to_stats(const virTypedParameter* params, int count);

/// "tcp://ADDRESS", as virDomainMigrateToURI3 takes it; an IPv6 address gets its brackets.
std::string migration_uri(const std::string& address);

}  // namespace drivers::libvirt
