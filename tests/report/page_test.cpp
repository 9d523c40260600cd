#include "tools/report/page.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/report/sample.h"
#include "tools/report/naming.h"
#include "tools/report/page_data.h"

namespace tests {
namespace {

using nlohmann::json;
using report::Report;

Report report_of(report::Pool pool) {
  Report out;
  out.scenario = "hand-made";
  out.pool = std::move(pool);
  out.modes.emplace_back().name = "postcopy";
  return out;
}

/// One second in which VM i uses 10 + i mcores on host i % hosts, each host 5 itself.
report::Recording second_of(const report::Pool& pool) {
  std::vector<report::HostSecond> hosts(pool.hosts.size(), {5'000, 600});
  std::vector<report::VmSecond> vms;
  for (std::size_t i = 0; i < pool.vms.size(); ++i) {
    const auto vm = static_cast<std::int32_t>(i);
    const auto host = static_cast<std::int32_t>(i % hosts.size());
    vms.push_back({vm, host, 10'000 + 1'000 * vm});
    hosts[i % hosts.size()].ucores += vms.back().ucores;
  }
  report::Recorder recorder{pool, 1};
  recorder.add({0, 0, hosts, {}, vms});
  return recorder.take();
}

Report recorded(int servers, int vms) {
  Report out = report_of(pool_of(1, servers, vms));
  out.modes[0].shown = second_of(out.pool);
  return out;
}

TEST_CASE("naming: a small pool: everything is named") {
  const report::Naming naming = choose_names(recorded(2, 5));
  CHECK(naming.hosts == std::vector{0, 1, 2});
  CHECK(naming.vms == std::vector{0, 1, 2, 3, 4});
}

TEST_CASE("naming: a large pool: those that used most, in the pool's order") {
  const report::Naming naming = choose_names(recorded(59, 120));
  CHECK(naming.vms.size() == report::kNamedVms);
  CHECK(naming.vms.front() == 111);
  CHECK(naming.hosts.size() == report::kNamedHosts);
  CHECK(naming.hosts.back() == 59);
}

TEST_CASE("page data: a large pool: named and unnamed, it is the whole CPU and all watts") {
  const json data = page_data(recorded(59, 120));
  CHECK(data["otherHosts"] == 36);
  CHECK(data["otherVms"] == 111);
  int mcores = 0, deciwatts = 0;
  for (const json& host : data["modes"][0]["shown"]["cpu"]) {
    mcores += host["own"][0].get<int>() + (host.contains("rest") ? host["rest"][0].get<int>() : 0);
    for (const json& vm : host["vms"])
      mcores += vm[1][0].get<int>();
  }
  for (const json& host : data["modes"][0]["shown"]["hostWatts"])
    deciwatts += host[0].get<int>();
  CHECK(mcores == 60 * 5 + 120 * 10 + 119 * 120 / 2);
  CHECK(deciwatts == 60 * 600);
}

TEST_CASE("page data: a thousand VMs of half a thousandth of a core: not lost one by one") {
  Report out = report_of(pool_of(1, 0, 1'000));
  const std::vector<report::HostSecond> hosts{{500'000, 600}};
  std::vector<report::VmSecond> vms;
  for (std::int32_t vm = 0; vm < 1'000; ++vm)
    vms.push_back({vm, 0, 500});
  report::Recorder recorder{out.pool, 1};
  recorder.add({1, 600, hosts, {}, vms});
  out.modes[0].shown = recorder.take();
  const json host = page_data(out)["modes"][0]["shown"]["cpu"][0];
  CHECK(host["rest"] == json{496});  // 991 of them
  CHECK(host["own"] == json{0});
}

TEST_CASE("page data: a migration: by the places of what is named") {
  Report out = recorded(59, 120);
  out.modes[0].shown->moves = {{119, 59, 58, 3, 17}, {0, 0, 1, 5, 6}};
  const json data = page_data(out);
  CHECK(data["modes"][0]["shown"]["moves"] == json::parse("[[8,23,22,3,17],[9,24,24,5,6]]"));
}

TEST_CASE("page data: numbers in a row: differences of neighbours") {
  Report out = report_of(pool_of(1, 0, 0));
  report::Recording& shown = out.modes[0].shown.emplace();
  shown.deciwatts.mean = {600, 600, 70};
  CHECK(page_data(out)["modes"][0]["shown"]["watts"]["mean"] == json{600, 0, -530});
}

TEST_CASE("page data: a baseline of which only sums are known: no pictures of hosts") {
  Report out = report_of(pool_of(1, 2, 3));
  out.modes[0].shown.emplace().deciwatts.mean = {600};
  const json shown = page_data(out)["modes"][0]["shown"];
  CHECK(shown["cpu"].empty());
  CHECK(shown["watts"]["mean"] == json{600});
}

TEST_CASE("page data: what means nothing for a mode: null, not a number") {
  Report out = report_of({});
  out.modes[0].runs.emplace_back().energy_j = 12.5;
  const json run = page_data(out)["modes"][0]["runs"][0];
  CHECK(run["energy_j"] == 12.5);
  CHECK(run["saved_pct"].is_null());
}

TEST_CASE("page: whole and alone: every part is in it, and nothing is fetched") {
  const std::string page = report::page(recorded(2, 2));
  for (const char* part : {"{{data", "{{LIBRARY", "{{STYLE", "{{SCRIPT", "{{LICENCE"})
    CHECK(page.find(part) == std::string::npos);
  CHECK(page.find("hand-made") != std::string::npos);
  CHECK(page.find("Permission is hereby granted") != std::string::npos);
  for (const char* fetch : {" src=", "@import", "url(", "<link rel=\"stylesheet\"", "fetch("})
    CHECK(page.find(fetch) == std::string::npos);
}

TEST_CASE("page: names from outside: none ends the script, broken UTF-8 ends nothing") {
  Report out = report_of({});
  const std::size_t plain = report::page(out).size();
  out.scenario = "</script><script>alert(1)</script>\xff";
  const std::string page = report::page(out);
  CHECK(page.size() > plain);
  CHECK(page.find("<script>alert") == std::string::npos);
}

}  // namespace
}  // namespace tests
