#include "drivers/libvirt/control_lane.h"

#include <doctest/doctest.h>

#include <latch>

#include "tests/libvirt/world.h"

using actors::HostId;
using drivers::LibvirtSettings;
using drivers::libvirt::ControlLane;
using drivers::libvirt::Owner;
using drivers::libvirt::Scope;
using reactor::Errc;
using reactor::Result;
using tests::World;
using namespace std::chrono_literals;

namespace {

LibvirtSettings quick() {
  LibvirtSettings settings;
  settings.call_limit = 100ms;
  return settings;
}

/// A call that hangs until it is let go.
class Hanging {
 public:
  ~Hanging() { end(); }
  void end() {
    if (!std::exchange(ended_, true)) latch_.count_down();
  }
  std::function<Result<int>()> call() {
    return [this] {
      latch_.wait();
      return Result<int>{1};
    };
  }

 private:
  std::latch latch_{1};
  bool ended_ = false;
};

struct Answers {
  std::vector<Result<int>> all;
  actors::ports::Done<int> done() {
    return [this](Result<int> result) { all.push_back(std::move(result)); };
  }
};

const ControlLane::Line kSick{HostId{"sick"}, 5};
const ControlLane::Line kWell{HostId{"well"}, 6};

Result<int> two() {
  return 2;
}

}  // namespace

TEST_CASE("control lane: a call: answers once, later, on the loop") {
  World world;
  Scope scope{world.loop};
  ControlLane lane{scope, quick(), [](Owner) {}};
  Answers answers;
  lane.run<int>(kWell, "looking", Errc::unreachable, two, answers.done());
  CHECK(answers.all.empty());
  CHECK(world.until([&] { return answers.all.size() == 1; }));
  CHECK(answers.all[0].value() == 2);
  CHECK_FALSE(world.until([&] { return answers.all.size() > 1; }, 250ms));
}

TEST_CASE("control lane: a call that hangs: answers at its deadline, its thread is counted") {
  World world;
  Scope scope{world.loop};
  Answers answers;
  Hanging hanging;
  ControlLane lane{scope, quick(), [](Owner) {}};
  lane.run<int>(kSick, "aborting", Errc::outcome_unknown, hanging.call(), answers.done());
  CHECK(world.until([&] { return answers.all.size() == 1; }));
  CHECK(answers.all[0].error().code == Errc::outcome_unknown);
  CHECK(answers.all[0].error().detail.find("aborting on sick, within 100 ms") == 0);
  CHECK(lane.hung() == 1);
  hanging.end();
  CHECK(world.until([&] { return lane.hung() == 0; }));
  CHECK(answers.all.size() == 1);
}

TEST_CASE("control lane: one host hangs: it has half of the lane, others are served") {
  World world;
  Scope scope{world.loop};
  Answers sick;
  Answers well;
  Hanging hanging;
  ControlLane lane{scope, quick(), [](Owner) {}};
  for (int i = 0; i < 10; ++i)
    lane.run<int>(kSick, "looking", Errc::unreachable, hanging.call(), sick.done());
  lane.run<int>(kWell, "looking", Errc::unreachable, two, well.done());
  CHECK(world.until([&] { return well.all.size() == 1; }, 90ms));
  CHECK(well.all[0].ok());
  CHECK(world.until([&] { return sick.all.size() == 10; }));
  CHECK(lane.hung() == 2);
  hanging.end();
  CHECK(world.until([&] { return lane.hung() == 0; }));
}

TEST_CASE("control lane: a call that hangs on: its connection is cut, by its own number") {
  World world;
  Scope scope{world.loop};
  Answers answers;
  Hanging hanging;
  Owner cut = 0;
  ControlLane lane{scope, quick(), [&](Owner owner) {
                     cut = owner;
                     hanging.end();  // as a call on a socket that was shut down ends
                   }};
  lane.run<int>(kSick, "looking", Errc::unreachable, hanging.call(), answers.done());
  CHECK(world.until([&] { return cut != 0; }, 2s));
  CHECK(cut == kSick.owner);
  CHECK(world.until([&] { return lane.hung() == 0; }));
}

TEST_CASE("control lane: it ends with calls waiting: nothing is answered any more") {
  World world;
  Answers answers;
  {
    Scope scope{world.loop};
    ControlLane lane{scope, quick(), [](Owner) {}};
    for (int i = 0; i < 20; ++i)
      lane.run<int>(kWell, "looking", Errc::unreachable, two, answers.done());
  }
  CHECK_FALSE(world.until([&] { return !answers.all.empty(); }, 250ms));
}
