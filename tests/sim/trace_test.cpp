// Traces of real VMs as loads: the formats, and what is wrong with a file. The files are made here;
// the last case reads real ones where NEMURI_TRACES names their folder.
#include "drivers/sim/scenario/trace.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "drivers/sim/scenario/packed_file.h"
#include "drivers/sim/world.h"
#include "reactor/virtual_loop.h"
#include "tests/sim/trace_folder.h"

namespace drivers::sim {
namespace {

namespace fs = std::filesystem;
using tests::TraceFolder;

std::string planetlab(const std::string& text) {
  const auto read = read_trace(text, TraceFormat::planetlab, "f");
  return read.ok() ? "" : read.error().detail;
}

std::string bitbrains(const std::string& text) {
  const auto read = read_trace(text, TraceFormat::bitbrains, "f");
  return read.ok() ? "" : read.error().detail;
}

std::string scenario_with(const std::string& vms) {
  return "length: 60s\nlink: {bandwidth_mb_s: 100}\nhosts:\n"
         "  - {name: wh, role: warehouse, cores: 8, memory: 64GiB}\nvms:\n  - " +
         vms + "\n";
}

std::string faults_of(const std::string& vms) {
  const auto read = read_scenario(scenario_with(vms));
  std::string out;
  if (const auto* faults = std::get_if<config::Faults>(&read))
    for (const config::Fault& fault : *faults)
      out += config::to_text(fault, "s") + "\n";
  return out;
}

TEST_CASE("trace: PlanetLab: a name, then percent") {
  const auto read = read_trace("node a,24,0\r\nb,100,7\n", TraceFormat::planetlab, "f");
  REQUIRE(read.ok());
  REQUIRE(read.value().size() == 2);
  CHECK(read.value()[0].name == "node a");
  CHECK(read.value()[0].per_mille == std::vector<std::int16_t>{240, 0});
  CHECK(read.value()[1].per_mille == std::vector<std::int16_t>{1'000, 70});
  CHECK(read.value()[1].vcpus == 0);
}

TEST_CASE("trace: Bitbrains: cores and RAM of the VM, then tenths of a percent") {
  const auto read = read_trace("2,4,2926,3976,0,1054\n", TraceFormat::bitbrains, "f");
  REQUIRE(read.ok());
  CHECK(read.value()[0].vcpus == 4);
  CHECK(read.value()[0].memory.count == 3'976 * 1'024);
  CHECK(read.value()[0].per_mille == std::vector<std::int16_t>{0, 1'054});
}

TEST_CASE("trace: what is wrong: file, line, column and what was expected") {
  CHECK(planetlab("a,1,2\nb,1\n") == "f:2: has 1 values; expected 2 as in line 1");
  CHECK(planetlab("a,1\nb,1,2\n") == "f:2: has 2 values; expected 1 as in line 1");
  const std::string percent = "; expected a whole number of percent, 0 to 100";
  CHECK(planetlab("a,1,NaN\n") == "f:1: column 3 is 'NaN'" + percent);
  CHECK(planetlab("a,-1\n") == "f:1: column 2 is '-1'" + percent);
  CHECK(planetlab("a,101\n") == "f:1: column 2 is '101'" + percent);
  CHECK(planetlab("a,1.5\n") == "f:1: column 2 is '1.5'" + percent);
  CHECK(planetlab("a,99999999999999999999\n") ==
        "f:1: column 2 is '99999999999999999999'" + percent);
  CHECK(planetlab("a,1\nb,\n") == "f:2: column 2 is ''" + percent);
  CHECK(planetlab("a,1\n\nb,1\n") == "f:2: has 1 columns; expected name and then values");
  CHECK(planetlab("a\n") == "f:1: has 1 columns; expected name and then values");
  CHECK(planetlab("\n") == "f:1: has 1 columns; expected name and then values");
  CHECK(planetlab("") == "f: has no line");
  CHECK(bitbrains("2,4,2926\n") ==
        "f:1: has 3 columns; expected name,cores,MHz,RAM_MB and then values");
  CHECK(bitbrains("2,0,2926,1,5\n") == "f:1: column 2 is '0'; expected a number of cores");
  CHECK(bitbrains("2,1,2926,0,5\n") == "f:1: column 4 is '0'; expected RAM in MB");
  CHECK(bitbrains("2,1,2926,1,10001\n").find("column 5 is '10001'") != std::string::npos);
}

TEST_CASE("packed file: what is no gzip file, is cut off, or is not there") {
  const TraceFolder folder;
  const auto fault = [](const std::string& path) {
    const auto read = read_packed(path);
    return read.ok() ? "" : read.error().detail;
  };
  const std::string path = folder.packed("a,1\n");
  CHECK(read_packed(path).value() == "a,1\n");
  CHECK(fault(path + "x").find(path + "x: cannot be opened: No such file") == 0);
  folder.plain("a,1\n");
  CHECK(fault(path) == path + ": is no gzip file; expected one, as `gzip` makes it");
  folder.plain("");
  CHECK(fault(path) == path + ": is empty");
  folder.packed("");
  CHECK(fault(path) == path + ": is empty");
  folder.packed(std::string(100'000, 'a') + "bcdefg");
  fs::resize_file(path, fs::file_size(path) - 12);
  CHECK(fault(path) == path + ": is a gzip file that is cut off");
  folder.packed("a,1\na,2\na,3\n");
  std::fstream{path}.seekp(12).write("\xff\xff\xff\xff", 4);
  CHECK(fault(path) == path + ": is a damaged gzip file");
}

TEST_CASE("scenario: a trace: a VM a row, in parts; the first value until the second's time") {
  const TraceFolder folder;
  const std::string path = folder.packed("a,10\nb,20\nc,30\n");
  const auto read = [&](const std::string& load) {
    return std::get<Scenario>(read_scenario(scenario_with(
        "{name: \"vm{n}\", on: wh, memory: 1GiB, load: {trace: " + path + load + "}}")));
  };
  CHECK(read("").vms.size() == 3);
  CHECK(read(", part: 1/2").vms.size() == 2);
  CHECK(read(", part: 2/2").vms.size() == 1);
  const Scenario scenario = read(", full: 50%");
  reactor::VirtualLoop loop;
  World world{loop, scenario};
  CHECK(world.vms()[2].wants == 150'000);
}

TEST_CASE("scenario: a trace: changes come at their times, the last one stays") {
  const TraceFolder folder;
  const std::string path = folder.packed("2,2,2926,2048,500,500,1054,0\n");
  const auto scenario = std::get<Scenario>(read_scenario(scenario_with(
      "{name: vm, on: wh, load: {trace: " + path + ", format: bitbrains, every: 10s}}")));
  CHECK(scenario.vms[0].vcpus == 2);
  CHECK(scenario.vms[0].memory.count == 2'048 * 1'024);
  reactor::VirtualLoop loop;
  World world{loop, scenario};
  std::vector<Ucores> wants;
  for (int i = 0; i < 5; ++i, loop.advance(Duration{10'000}))
    wants.push_back(world.vms()[0].wants);
  CHECK(wants == std::vector<Ucores>{1'000'000, 1'000'000, 2'000'000, 0, 0});
}

TEST_CASE("scenario: a trace: faults name the trace's line too") {
  const TraceFolder folder;
  const std::string path = folder.packed("a,10\nb,x\n");
  CHECK(faults_of("{name: \"vm{n}\", on: wh, memory: 1GiB, load: {trace: " + path + "}}") ==
        "s:6:49: vms[1].load: " + path +
            ":2: column 2 is 'x'; expected a whole number of percent, 0 to 100\n");
  CHECK(faults_of("{name: vm, on: wh, memory: 1GiB, load: {part: 1/4}}").find("names no file") !=
        std::string::npos);
  CHECK(faults_of("{name: vm, on: wh, memory: 1GiB, load: {part: 5/4}}").find("'5/4' is no part") !=
        std::string::npos);
  folder.packed("a,10\n");
  const std::string begin = "{name: vm, on: wh, memory: 1GiB, load: {trace: " + path;
  CHECK(faults_of(begin + "}}") == "");
  CHECK(faults_of(begin + ", row: 2}}").find("not there: the trace has 1") != std::string::npos);
  CHECK(faults_of("{name: vm, on: wh, load: {trace: " + path + "}}").find("memory: is missing") !=
        std::string::npos);
}

TEST_CASE("scenario: a trace set from outside is the one that loads follow") {
  const TraceFolder folder;
  const std::string path = folder.packed("a,10\nb,20\n");
  const auto read =
      read_scenario(scenario_with("{name: \"vm{n}\", on: wh, memory: 1GiB, load: {part: 1/1}}"),
                    {{"trace", path}});
  CHECK(std::get<Scenario>(read).vms.size() == 2);
}

const char* traces() {
  return std::getenv("NEMURI_TRACES");
}

TEST_CASE("trace: real ones, where NEMURI_TRACES is their folder") {
  if (!traces()) {
    std::puts("skipped: trace: real ones (NEMURI_TRACES names no folder)");
    return;
  }
  const auto rows = [](const std::string& name, TraceFormat format) {
    const auto text = read_packed(fs::path{traces()} / name);
    REQUIRE(text.ok());
    const auto trace = read_trace(text.value(), format, name);
    REQUIRE(trace.ok());
    return std::pair{trace.value().size(), trace.value().front().per_mille.size()};
  };
  CHECK(rows("20110303.csv.gz", TraceFormat::planetlab) == std::pair{1'052ul, 288ul});
  CHECK(rows("20110306.csv.gz", TraceFormat::planetlab) == std::pair{898ul, 288ul});
  CHECK(rows("20110309.csv.gz", TraceFormat::planetlab) == std::pair{1'061ul, 288ul});
  CHECK(rows("rnd-2013-08-week1-100vm-cpu.csv.gz", TraceFormat::bitbrains) ==
        std::pair{100ul, 2'016ul});
}

}  // namespace
}  // namespace drivers::sim
