// Reading back what fields() wrote: strict, since it comes from outside.
#include <doctest/doctest.h>

#include <climits>

#include "actors/ports/json.h"
#include "tests/actors/dice.h"
#include "tests/actors/pools.h"

using namespace actors;

namespace {

Json plan_json() {
  return to_json(HostPlan{.name = {"wh1"}, .role = Role::warehouse, .libvirt_uri = "test:///x"});
}

template <class T>
bool reads(const Json& json) {
  T value{};
  return from_json(json, value);
}

Json changed(Json json, const char* key, Json value) {
  json[key] = std::move(value);
  return json;
}

/// A snapshot of a pool in the middle of all kinds of things.
const Json& real_snapshot() {
  static const Json kSnapshot = [] {
    World world = quiet_world(3, 2);
    world.start("c", "wh1");
    world.vm("a").mcores = 900;
    REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::active; }));
    world.copy_takes = 60s;
    world.vm("c").mcores = 900;
    REQUIRE(world.run_until([&] { return world.vm("c").target.has_value(); }));
    world.vm("a").mcores = 100;
    REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::returning; }, 60s));
    return Json::parse(world.witness.director().snapshot());
  }();
  return kSnapshot;
}

/// All values of a tree, the root left out.
void list_all(Json& node, std::vector<Json*>& out) {
  if (!node.is_structured()) return;
  for (Json& child : node) {
    out.push_back(&child);
    list_all(child, out);
  }
}

Json any_scalar(Dice& dice) {
  const std::vector<Json> all{
      nullptr,       true,           -1,         0,         1,          2,
      100,           30'000,         1.5,        "",        "wh1",      "s1",
      "a",           "parked",       "moving",   LLONG_MAX, ULLONG_MAX, LLONG_MIN,
      Json::array(), Json::object(), "departing"};
  return dice.pick(all);
}

void mutate(Json& tree, Dice& dice) {
  std::vector<Json*> all;
  list_all(tree, all);
  Json& node = *dice.pick(all);
  switch (dice.roll(4)) {
    case 0: node = Json{any_scalar(dice)}[0]; return;
    case 1:
      if (node.is_object() && !node.empty()) node.erase(node.begin());
      return;
    case 2:
      if (node.is_array() && !node.empty()) node.push_back(Json(node[0]));
      if (node.is_object()) node["surprise"] = 1;
      return;
    default: node = Json(*dice.pick(all)); return;
  }
}

/// The likely kinds of damage: another value of the same kind.
void mutate_gently(Json& tree, Dice& dice) {
  std::vector<Json*> all;
  list_all(tree, all);
  Json& node = *dice.pick(all);
  for (int i = 0; i < 50; ++i) {
    const Json other = *dice.pick(all);
    if (other.type() != node.type() || other.is_structured()) continue;
    node = other;
    return;
  }
}

/// Whether it was taken for a director; then it has run for a hundred ticks.
bool runs(const Json& snapshot) {
  auto director = Director::restore(snapshot.dump());
  if (!director.ok()) return false;
  const std::unique_ptr<Director> live = std::move(director).value();
  for (int i = 1; i <= 100; ++i)
    live->turn(reactor::Instant{1h + i * 100ms}, {input::Ticked{}});
  return true;
}

}  // namespace

TEST_CASE("fields: what was written is read back") {
  HostPlan plan;
  REQUIRE(from_json(plan_json(), plan));
  CHECK(plan.name == HostId{"wh1"});
  CHECK(plan.role == Role::warehouse);
  CHECK(to_json(plan) == plan_json());
}

TEST_CASE("fields: a key missing, one too many, or no object at all: malformed") {
  Json missing = plan_json();
  missing.erase("role");
  CHECK_FALSE(reads<HostPlan>(missing));
  CHECK_FALSE(reads<HostPlan>(changed(plan_json(), "colour", "red")));
  for (const Json& other : {Json{}, Json(3), Json("x"), Json::array(), Json::object()})
    CHECK_FALSE(reads<HostPlan>(other));
}

TEST_CASE("fields: a value of the wrong type: malformed") {
  for (const char* key : {"name", "role", "may_sleep", "verify", "libvirt_uri"})
    for (const Json& wrong : {Json{}, Json(3), Json(1.5), Json::array(), Json::object()})
      CHECK_FALSE(reads<HostPlan>(changed(plan_json(), key, wrong)));
  CHECK_FALSE(reads<HostPlan>(changed(plan_json(), "may_sleep", "true")));
  CHECK_FALSE(reads<HostPlan>(changed(plan_json(), "role", "storehouse")));
}

TEST_CASE("fields: numbers: whole, in the type's range, no more than any sum of ours can bear") {
  CHECK(reads<std::int32_t>(Json(INT_MAX)));
  CHECK_FALSE(reads<std::int32_t>(Json(INT_MAX + 1LL)));
  CHECK_FALSE(reads<std::int64_t>(Json(1.0)));
  CHECK_FALSE(reads<std::int64_t>(Json(ULLONG_MAX)));
  CHECK_FALSE(reads<std::int64_t>(Json(LLONG_MIN)));
  CHECK(reads<Kib>(Json(1'000'000'000'000'000)));
  CHECK_FALSE(reads<Kib>(Json(1'000'000'000'000'001)));
  CHECK_FALSE(reads<Mcores>(Json(-1)));
  CHECK(reads<Duration>(Json(-1)));
  CHECK_FALSE(reads<Duration>(Json(LLONG_MAX)));
}

TEST_CASE("fields: optional: left out when there is none; null is no value") {
  const Reason reason{.code = ReasonCode::started};
  CHECK_FALSE(to_json(reason).contains("clears_at"));
  CHECK_FALSE(reads<Reason>(changed(to_json(reason), "clears_at", nullptr)));
}

TEST_CASE("fields: variants: the kind picks the reader; a kind nobody knows is malformed") {
  const Input input = input::WakeDone{{"s1"}, 2, std::nullopt};
  const Json json = to_json(input);
  CHECK(json["kind"] == "wake_sent");
  CHECK(reads<Input>(json));
  CHECK_FALSE(reads<Input>(changed(json, "kind", "power")));
  CHECK_FALSE(reads<Input>(changed(json, "kind", "surprise")));
  CHECK_FALSE(reads<Input>(changed(json, "kind", 3)));
}

TEST_CASE("fields: text: cut short, nested deeply, or no UTF-8: malformed, said with its name") {
  for (const std::string& text : {std::string{"{\"name\":"}, std::string(100'000, '['),
                                  std::string{"\"\xff\""}, std::string{}}) {
    const auto out = parse<HostPlan>(text, "a plan");
    REQUIRE_FALSE(out.ok());
    CHECK(out.error().code == reactor::Errc::malformed);
    CHECK(out.error().detail.find("a plan") == 0);
  }
}

TEST_CASE("fields: a snapshot with every value left out in turn: malformed, or a director") {
  std::vector<Json*> all;
  Json whole = real_snapshot();
  list_all(whole, all);
  REQUIRE(runs(real_snapshot()));
  for (std::size_t i = 0; i < all.size(); ++i) {
    Json damaged = real_snapshot();
    std::vector<Json*> nodes;
    list_all(damaged, nodes);
    *nodes[i] = nullptr;
    REQUIRE_FALSE(runs(damaged));
  }
}

TEST_CASE("fields: snapshots damaged at random: malformed, or a director that runs") {
  int taken = 0;
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    CAPTURE(seed);
    Dice dice{seed};
    Json damaged = real_snapshot();
    for (std::int64_t i = dice.roll(3); i >= 0; --i)
      seed % 3 ? mutate_gently(damaged, dice) : mutate(damaged, dice);
    taken += runs(damaged) ? 1 : 0;
  }
  CHECK(taken > 100);
}
