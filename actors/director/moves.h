// Which VMs move: what the policy would do is told to actors, who may refuse, and a move that was
// decided begins once both hosts are there for it. In a dry run it is only said.
#pragma once

#include <memory>

#include "actors/director/migrations.h"
#include "actors/director/readiness.h"
#include "actors/director/surveys.h"
#include "actors/policy/move_budget.h"
#include "actors/policy/policy.h"

namespace actors {

class Moves {
 public:
  Moves(Stage& stage, Vms& vms, Surveys& surveys, Migrations& migrations, Readiness& readiness)
      : stage_(stage),
        pool_(stage.pool),
        vms_(vms),
        surveys_(surveys),
        migrations_(migrations),
        readiness_(readiness) {}

  /// The policy that the settings name. False: there is none of that name.
  bool use_policy();
  void plan();
  void start_ready();
  /// A host that is not overloaded any more: should it be again, that is worth a line again.
  void forget_said(Host& host) const;

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    MoveBudget::fields(archive, self.budget_);
  }

 private:
  void follow(const DistributeIntent& intent);
  void follow(const CallOffIntent& intent);
  void follow(const ReturnIntent& intent);
  void follow(const NoRoomIntent& intent);
  void follow(const SayIntent& intent);

  bool ready(const VmActor& vm) const;
  void start_or_turn_away(const VmId& id);
  void start(const VmId& id);
  void only_say(const VmId& id);

  Stage& stage_;
  Pool& pool_;
  Vms& vms_;
  Surveys& surveys_;
  Migrations& migrations_;
  Readiness& readiness_;
  std::unique_ptr<Policy> policy_;
  MoveBudget budget_;
};

}  // namespace actors
