// The director as text, and back: in a file of its own, as reading all of it takes long to compile.
#include "actors/director/director.h"
#include "actors/ports/json.h"

namespace actors {

template <class Archive, class Self>
void Director::fields(Archive& archive, Self& self) {
  Stage::fields(archive, self.stage_);
  Migrations::fields(archive, self.migrations_);
  PoolGuard::fields(archive, self.guard_);
  Moves::fields(archive, self.moves_);
  Readiness::fields(archive, self.readiness_);
  archive("alerts", self.alerts_)("alert_failing", self.alert_failing_);
}

std::string Director::snapshot() const {
  std::string out;
  Writer line{out};
  fields(line, *this);
  line.end();
  return out;
}

reactor::Result<std::unique_ptr<Director>> Director::restore(std::string_view snapshot) {
  const Json tree = Json::parse(snapshot, nullptr, false);
  std::unique_ptr<Director> director{new Director};
  Reader in{tree};
  fields(in, *director);
  Stage& stage = director->stage_;
  if (!in.complete() || !director->moves_.use_policy() || !stage.pool.consistent())
    return reactor::Error{reactor::Errc::malformed, "the snapshot does not parse"};
  stage.pool.rebuild_index();
  stage.touch_all();
  for (const auto& [id, vm] : stage.pool.vms)
    director->vms_.look_when_free(vm.actor);
  return director;
}

}  // namespace actors
