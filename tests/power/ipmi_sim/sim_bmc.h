// A BMC: the program ipmi_sim on a port of 127.0.0.1, with a chassis in a folder of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "drivers/settings.h"
#include "tests/running_loop.h"

class SimBmc {
 public:
  enum class Knows { chassis_only, acpi_power_state };

  explicit SimBmc(Knows knows = Knows::acpi_power_state);
  /// Ends it and what it started.
  ~SimBmc();
  SimBmc(const SimBmc&) = delete;
  SimBmc& operator=(const SimBmc&) = delete;

  /// Of a user "admin" whose password is in a file of mode 0600.
  drivers::IpmiSettings settings() const;

  void put(const std::string& file, const std::string& text) const;
  void remove(const std::string& file) const;
  std::string power() const;  ///< 1 on, 0 off, 3 in S3
  std::string log() const;    ///< what its chassis was asked to do
  void stop() const;          ///< SIGSTOP: it is there, and says nothing
  void go_on() const;
  void kill();  ///< its port is nobody's then

  std::int64_t port = 0;

 private:
  void configure(Knows knows) const;
  void start();
  void await() const;

  TempFolder folder_;
  pid_t pid_ = -1;
};
