#include "actors/ports/json_text.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "actors/director/effect.h"
#include "actors/reason.h"
#include "tests/vm_id.h"

using namespace actors;

TEST_CASE("json text: keys as described, ids and units bare, empty optionals left out") {
  Reason reason{.code = ReasonCode::held, .values = {1, -2}, .about = "wh1"};
  CHECK(json_text(reason) == R"({"code":"held","values":[1,-2],"about":"wh1","detail":""})");
  reason.clears_at = reactor::Instant{reactor::Duration{7}};
  CHECK(json_text(reason).ends_with(R"("detail":"","clears_at":7})"));
}

TEST_CASE("json text: a variant says its kind first") {
  const Effect effect = effect::LookAt{{{"wh1"}, vm_id("00000000-0000-4000-8000-000000000001")}};
  CHECK(json_text(effect) ==
        R"({"kind":"look_at","host":"wh1","vm":"00000000-0000-4000-8000-000000000001"})");
}

TEST_CASE("json text: any text: as nlohmann writes it, what is no UTF-8 replaced") {
  std::string every;
  for (int c = 1; c < 256; ++c)
    every += static_cast<char>(c);
  for (const std::string& text : {std::string{}, std::string{"plain"}, std::string{"q\"b\\n\nt\t"},
                                  std::string{"\0", 1}, std::string{"眠り"}, every})
    CHECK(json_text(text) == Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}
