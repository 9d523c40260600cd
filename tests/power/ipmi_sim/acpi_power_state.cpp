// A module of ipmi_sim, which does not know the command: App, Get ACPI Power State (IPMI 2.0
// §20.7), answered from the file `power` of the folder that its option names: 1 S0, 3 S3, else S5.
#include <cstdio>
#include <cstring>
#include <string>

extern "C" {
#include <OpenIPMI/ipmi_msgbits.h>
#include <OpenIPMI/mcserv.h>
#include <OpenIPMI/serv.h>
}

namespace {

std::string power_file;  // NOLINT: the simulator gives handlers no data of their own

int power() {
  int value = 0;
  if (FILE* file = std::fopen(power_file.c_str(), "r")) {
    if (std::fscanf(file, "%d", &value) != 1) value = 0;
    std::fclose(file);
  }
  return value;
}

void answer(lmc_data_t*, msg_t*, unsigned char* reply, unsigned int* size, void*) {
  const int value = power();
  reply[0] = 0;
  reply[1] = value == 1 ? 0 : value == 3 ? 3 : 5;
  reply[2] = value == 1 ? 0 : 3;
  *size = 3;
}

}  // namespace

extern "C" int ipmi_sim_module_print_version(sys_data_t*, char*) {
  return 0;
}

extern "C" int ipmi_sim_module_init(sys_data_t*, const char* option) {
  power_file = std::string{option == nullptr ? "." : option} + "/power";
  ipmi_emu_register_cmd_handler(IPMI_APP_NETFN, IPMI_GET_ACPI_POWER_STATE_CMD, answer, nullptr);
  return 0;
}
