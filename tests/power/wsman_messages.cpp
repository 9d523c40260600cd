// Prints what nemuri asks Intel AMT: wsman_messages wake | read. For tests that show it to others.
#include <iostream>
#include <string_view>

#include "drivers/power/wsman.h"

int main(int argc, char** argv) {
  namespace wsman = drivers::power::wsman;
  const std::string_view which = argc == 2 ? argv[1] : "";
  if (which == "wake") std::cout << wsman::request_power_state_change(wsman::AskedState::on, 0);
  if (which == "read") std::cout << wsman::get_power_state(0);
  return which == "wake" || which == "read" ? 0 : 2;
}
