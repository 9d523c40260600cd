#include "tests/power/ipmi_sim/sim_bmc.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <iterator>

namespace {

constexpr const char* kPassword = "secret";

sockaddr_in at(std::int64_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

// Free a moment ago, which has to do: ipmi_sim only takes a number.
std::int64_t free_port() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = at(0);
  socklen_t size = sizeof address;
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

SimBmc::SimBmc(Knows knows) : port(free_port()) {
  std::filesystem::create_directory(folder_.path / "state");
  put("power", "1\n");
  put("log", "");
  put("password", std::string{kPassword} + "\n");
  REQUIRE(chmod((folder_.path / "password").c_str(), 0600) == 0);
  configure(knows);
  start();
  await();
}

SimBmc::~SimBmc() {
  kill();
}

void SimBmc::configure(Knows knows) const {
  const std::string folder = folder_.path;
  std::string module;
  if (knows == Knows::acpi_power_state)
    module = std::string{"loadlib \""} + NEMURI_ACPI_MODULE + "\" \"" + folder + "\"\n";
  put("lan.conf",
      "name \"bmc\"\nset_working_mc 0x20\n  startlan 1\n    addr 127.0.0.1 " +
          std::to_string(port) +
          "\n    priv_limit admin\n    allowed_auths_callback none md2 md5\n"
          "    allowed_auths_user none md2 md5\n    allowed_auths_operator none md2 md5\n"
          "    allowed_auths_admin none md2 md5\n"
          "    guid a123456789abcdefa123456789000001\n  endlan\n"
          "  chassis_control \"" NEMURI_SOURCE_DIR "/tests/power/ipmi_sim/chassis.sh " +
          folder +
          "\"\n  user 1 false \"\" \"x\" user 10 none md2 md5\n"
          "  user 2 true \"admin\" \"" +
          kPassword + "\" admin 10 none md2 md5\n" + module);
  put("sim.emu",
      "mc_setbmc 0x20\n"
      "mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\n"
      "sel_enable 0x20 1000 0x0a\nmc_enable 0x20\n");
}

// In a process group of its own, so that a chassis that sleeps ends with it.
void SimBmc::start() {
  const std::string folder = folder_.path, lan = folder + "/lan.conf", sim = folder + "/sim.emu",
                    state = folder + "/state";
  pid_ = fork();
  REQUIRE(pid_ >= 0);
  if (pid_ != 0) return;
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // should the test crash
  const int null = open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2})
    dup2(null, fd);
  execlp("ipmi_sim", "ipmi_sim", "-n", "-c", lan.c_str(), "-f", sim.c_str(), "-s", state.c_str(),
         nullptr);
  _exit(127);
}

// Asked for its authentication capabilities (IPMI 1.5 framing, no session) until it answers.
void SimBmc::await() const {
  constexpr std::array<unsigned char, 23> kAsk{0x06, 0x00, 0xff, 0x07, 0x00, 0x00, 0x00, 0x00,
                                               0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x20, 0x18,
                                               0xc8, 0x81, 0x00, 0x38, 0x8e, 0x04, 0xb5};
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = at(port);
  REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  std::array<char, 256> room{};
  bool answers = false;
  for (int i = 0; i < 400 && !answers; ++i) {
    static_cast<void>(send(fd, kAsk.data(), kAsk.size(), 0));
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, 50) > 0 && (ready.revents & POLLERR) != 0) poll(nullptr, 0, 50);
    answers = recv(fd, room.data(), room.size(), MSG_DONTWAIT) > 0;
  }
  close(fd);
  REQUIRE(answers);
}

drivers::IpmiSettings SimBmc::settings() const {
  drivers::IpmiSettings out;
  out.address = "127.0.0.1";
  out.port = port;
  out.user = "admin";
  out.password_file = folder_.path / "password";
  return out;
}

void SimBmc::put(const std::string& file, const std::string& text) const {
  std::ofstream{folder_.path / file} << text;
}

void SimBmc::remove(const std::string& file) const {
  std::filesystem::remove(folder_.path / file);
}

std::string SimBmc::power() const {
  const std::string text = text_of(folder_.path / "power");
  return text.substr(0, text.find('\n'));
}

std::string SimBmc::log() const {
  return text_of(folder_.path / "log");
}

void SimBmc::stop() const {
  ::kill(pid_, SIGSTOP);
}

void SimBmc::go_on() const {
  ::kill(pid_, SIGCONT);
}

void SimBmc::kill() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // should it not have made its group yet
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}
