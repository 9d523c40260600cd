// A /sys of files and the clocks of a host that sleeps once "mem" stands in power/state. Nothing of
// this machine's own is touched.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "drivers/agent/files.h"
#include "drivers/agent/sleep_proof.h"
#include "tests/running_loop.h"

/// Empty if `part` is in it, else all of it, for a CHECK that shows it.
inline std::string without(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos ? "" : "[" + text + "]";
}

struct FakeKernel {
  FakeKernel() {
    write("power/state", "freeze mem disk\n");
    write("power/mem_sleep", "s2idle [deep]\n");
    write("power/suspend_stats/success", "3\n");
    write("power/suspend_stats/fail", "1\n");
    write("power/suspend_stats/last_failed_dev", "0000:00:1f.2\n");
    write("class/rtc/rtc0/since_epoch", "1700000000\n");
    write("class/rtc/rtc0/wakealarm", "");
  }

  std::string sys() const { return folder.path; }
  void write(const std::string& name, const std::string& text) const {
    const auto path = folder.path / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << text;
  }
  std::string read(const std::string& name) const {
    return drivers::agent::read_file(folder.path / name).value_or("(missing)");
  }
  void remove(const std::string& name) const { std::filesystem::remove_all(folder.path / name); }

  /// Both go on by a second each time that somebody looks. The look after "mem" is after the sleep.
  drivers::agent::Clocks clocks() {
    return {[this] {
              if (!woke && read("power/state") == "mem") wake_up();
              return reactor::Duration{looks += 1'000} + slept;
            },
            [this] { return reactor::Duration{looks}; }};
  }

  void wake_up() {
    woke = true;
    slept = sleeps;
    alarm = read("class/rtc/rtc0/wakealarm");
    if (counts) write("power/suspend_stats/success", "4\n");
    if (!carrier_of.empty()) write("class/net/" + carrier_of + "/carrier", "1\n");
  }

  TempFolder folder;
  reactor::Duration sleeps{5'000};  ///< as it will be
  bool counts = true;               ///< suspend_stats says so
  std::string carrier_of;           ///< network device that has a carrier then

  bool woke = false;
  std::string alarm;  ///< of the RTC, as it was in the sleep
  reactor::Duration slept{};
  std::int64_t looks = 0;
};
