#include "actors/reason.h"

#include <doctest/doctest.h>

#include <set>

#include "actors/ports/json.h"
#include "tests/actors/snapshot.h"

using namespace actors;

namespace {

constexpr std::size_t kCodes = static_cast<std::size_t>(ReasonCode::dry_run_only) + 1;

/// The slots of a code's text: "0m", "about", ...
std::vector<std::string> slots(ReasonCode code) {
  std::vector<std::string> out;
  const std::string text{text_of(code).text};
  for (std::size_t open = text.find('{'); open != text.npos; open = text.find('{', open + 1))
    out.push_back(text.substr(open + 1, text.find('}', open) - open - 1));
  return out;
}

std::set<int> numbers(ReasonCode code) {
  std::set<int> out;
  for (const std::string& slot : slots(code))
    if (slot != "about" && slot != "detail") out.insert(slot[0] - '0');
  return out;
}

}  // namespace

TEST_CASE("reason: every code has a name of its own and a text") {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < kCodes; ++i) {
    const ReasonText& text = text_of(static_cast<ReasonCode>(i));
    CHECK_FALSE(text.name.empty());
    CHECK_FALSE(text.text.empty());
    CHECK(text.name.find(' ') == text.name.npos);
    CHECK(seen.insert(text.name).second);
  }
}

TEST_CASE("reason: every slot of a text is one that to_text knows, values without a gap") {
  for (std::size_t i = 0; i < kCodes; ++i) {
    const auto code = static_cast<ReasonCode>(i);
    CAPTURE(text_of(code).name);
    for (const std::string& slot : slots(code)) {
      const bool number = slot.size() == 2 && slot[0] >= '0' && slot[0] <= '9' &&
                          std::string_view{"mkdnp"}.find(slot[1]) != std::string_view::npos;
      CHECK((number || slot == "about" || slot == "detail"));
    }
    const std::set<int> used = numbers(code);
    CHECK((used.empty() || *used.rbegin() + 1 == static_cast<int>(used.size())));
  }
}

TEST_CASE("reason: text: every value in its unit") {
  const Reason overloaded{
      .code = ReasonCode::warehouse_overloaded, .values = {93, 10'000, 90, 814}, .about = "wh1"};
  CHECK(to_text(overloaded) ==
        "wh1 at 93 % for 10.0 s, limit 90 %; this VM uses most of what may move: 0.81 cores");
  const Reason full{.code = ReasonCode::memory_does_not_fit,
                    .values = {4 * 1024 * 1024, 0, 512, 4 * 1024 * 1024},
                    .about = "wh1"};
  CHECK(to_text(full) ==
        "does not fit on wh1: its VMs may use 4096 MiB, promised 0 KiB, asked for 512 KiB, limit "
        "4096 MiB");
}

TEST_CASE("reason: text: a value that is missing shows, and breaks nothing") {
  CHECK(to_text({.code = ReasonCode::wake_late}) == "not awake in time (? failures in a row)");
}

TEST_CASE("reason: text: without a detail nothing is left of its place at the end") {
  CHECK(to_text({.code = ReasonCode::call_failed}) == "libvirt's call came back");
  CHECK(to_text({.code = ReasonCode::broken_in_postcopy, .about = "h1"}) ==
        "its postcopy from h1 broke; its memory is on two hosts: do not touch either");
}

TEST_CASE("reason: text: braces of a foreign party stand as they are") {
  const Reason said{.code = ReasonCode::call_failed, .detail = "{0m} {about} {"};
  CHECK(to_text(said) == "libvirt's call came back: {0m} {about} {");
}

TEST_CASE("reason: JSON: what was written is read back, for every code") {
  for (std::size_t i = 0; i < kCodes; ++i) {
    Reason reason{.code = static_cast<ReasonCode>(i), .values = {1, -2}, .about = "wh1"};
    CHECK(restored(reason) == reason);
    reason.clears_at = reactor::Instant{reactor::Duration{99}};
    reason.detail = "said so";
    CHECK(restored(reason) == reason);
  }
}

TEST_CASE("reason: JSON: a code nobody knows is malformed") {
  Json json = to_json(Reason{});
  json["code"] = "because";
  Reason reason;
  CHECK_FALSE(from_json(json, reason));
}
