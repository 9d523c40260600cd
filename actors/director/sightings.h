// Where VMs are, by libvirt's word: the list when a link comes up, news, and looks. While a
// migration that is followed moves a VM, its record judges what is seen.
//
// Others may move VMs too: an operator, or the controller before this one. Of one that we have not
// settled since our start the migration is adopted; one that somebody begins later is his: both
// hosts stay awake while it lasts, and it is looked at until it is through. A VM that rests on two
// hosts gets a record too.
//
// Of one whose other end does not show for long people are told, unless it is ours
// (kept_moves.h).
#pragma once

#include "actors/director/migrations.h"
#include "actors/director/surveys.h"
#include "actors/pool/passing.h"

namespace actors {

class Sightings {
 public:
  Sightings(Stage& stage, Vms& vms, Surveys& surveys, Migrations& migrations)
      : stage_(stage), pool_(stage.pool), vms_(vms), surveys_(surveys), migrations_(migrations) {}

  void take(const input::Linked& event);
  void take(const input::Unlinked& event);
  void take(const input::News& event);
  void take(const input::LookDone& event);
  /// At what is there in part, if it is time to.
  void look_again(Host& host);
  /// A move that an earlier controller left, and whose VM is whole nowhere; both ends are known.
  void adopt(const ports::KeptMove& move, Found found);

 private:
  void place(Host& host, const ports::DomainLook& look);
  void place_whole(const Host& host, const ports::DomainLook& look);
  void unlisted(Host& host, const std::vector<ports::DomainLook>& domains);
  void note_passing(Host& host, const ports::DomainLook& look);
  void adopt(const ports::DomainLook& look);
  void adopt(const ports::DomainLook& look, const Ends& ends, Found found);
  void tell_if_alone(const Host& host, const VmId& vm, Part& part);
  bool is_alone(const VmId& vm, const Part& part) const;
  bool found_twice(Host& host, const ports::DomainLook& look);
  void describe(const ports::DomainLook& look);

  Stage& stage_;
  Pool& pool_;
  Vms& vms_;
  Surveys& surveys_;
  Migrations& migrations_;
};

}  // namespace actors
