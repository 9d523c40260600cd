// Loopback is a network with a broadcast address too: what arrives there is what was sent. Whether
// others take it for a magic packet: wol_test.py.
#include "drivers/power/wol_way.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "tests/power/answers.h"

using namespace drivers::power;
using namespace std::chrono_literals;
using reactor::Errc;
using reactor::Result;
using reactor::Unit;

namespace {

const std::string kMac = "52:54:00:00:00:0a";

/// Takes what is sent to a port of its own.
class Receiver {
 public:
  Receiver() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~Receiver() { close(fd_); }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::vector<std::string> taken() const {
    std::vector<std::string> out;
    std::array<char, 2000> room{};
    for (ssize_t size = 0; (size = recv(fd_, room.data(), room.size(), 0)) >= 0;)
      out.emplace_back(room.data(), static_cast<std::size_t>(size));
    return out;
  }

  std::int64_t port = 0;

 private:
  int fd_;
};

drivers::WolSettings to(const Receiver& receiver) {
  return {.mac = kMac, .broadcast = "127.255.255.255", .port = receiver.port, .secure_on_file = {}};
}

Result<Unit> wake(const drivers::WolSettings& settings) {
  RunningLoop running;
  WolWay way{running.loop, settings};
  return answer_of<Unit>(running, [&](auto done) { way.wake(done); });
}

}  // namespace

TEST_CASE("wol: packet: six times 0xff, sixteen times the MAC, the password") {
  const std::string plain = magic_packet(kMac, "").value();
  CHECK(plain.size() == 102);
  CHECK(plain.substr(0, 6) == std::string(6, '\xff'));
  for (std::size_t i = 6; i < plain.size(); i += 6)
    CHECK(plain.substr(i, 6) == std::string{"\x52\x54\0\0\0\x0a", 6});
  CHECK(magic_packet("52-54-00-00-00-0A", "").value() == plain);
  CHECK(magic_packet(kMac, "01:02:03:04:05:06").value() == plain + "\x01\x02\x03\x04\x05\x06");
  CHECK(magic_packet(kMac, "01:02:03:04").value() == plain + "\x01\x02\x03\x04");
}

TEST_CASE("wol: packet: what is no MAC or no password: refused, and the password is not told") {
  for (const char* mac : {"", "52", "52:54:00:00:00", "52:54:00:00:00:0a:", "52:54:00:00:00:0g",
                          "52.54.00.00.00.0a", "52:54:00:00:00:0", "5 :54:00:00:00:0a"})
    CHECK(magic_packet(mac, "").error().code == Errc::refused);
  for (const char* password : {"hunter2", "0a:0b:0c", "0a:0b:0c:0d:0e", "0a0b0c0d"}) {
    const auto result = magic_packet(kMac, password);
    CHECK(result.error().code == Errc::refused);
    CHECK(result.error().detail.find(password) == std::string::npos);
  }
}

TEST_CASE("wol: it is sent four times, to a broadcast address") {
  const Receiver receiver;
  CHECK(wake(to(receiver)).ok());
  CHECK(receiver.taken() == std::vector<std::string>(4, magic_packet(kMac, "").value()));
}

TEST_CASE("wol: SecureOn: from its file, anew at each wake") {
  const TempFolder folder;
  const std::string file = folder.path / "secure_on";
  const Receiver receiver;
  drivers::WolSettings settings = to(receiver);
  settings.secure_on_file = file;
  RunningLoop running;
  WolWay way{running.loop, settings};
  const auto wake_again = [&] {
    return answer_of<Unit>(running, [&](auto done) { way.wake(done); });
  };
  CHECK(wake_again().error().code == Errc::refused);
  CHECK(receiver.taken().empty());
  for (const std::string password : {"01:02:03:04:05:06", "0a:0b:0c:0d"}) {
    std::ofstream{file} << password << "\n";
    REQUIRE(chmod(file.c_str(), 0600) == 0);
    CHECK(wake_again().ok());
    CHECK(receiver.taken() == std::vector<std::string>(4, magic_packet(kMac, password).value()));
  }
}

TEST_CASE("wol: the packet cannot leave: unreachable, and said why") {
  const Receiver receiver;
  drivers::WolSettings settings = to(receiver);
  settings.port = 0;  // which the kernel refuses, whatever routes there are
  const auto result = wake(settings);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::unreachable);
  CHECK(result.error().detail.find(
            "Wake-on-LAN packet to 127.255.255.255 port 0: sending failed") == 0);
}

TEST_CASE("wol: it goes between two packets: nobody is told, nothing more is sent") {
  const Receiver receiver;
  RunningLoop running;
  bool told = false;
  {
    WolWay way{running.loop, to(receiver)};
    way.wake([&](const Result<Unit>&) { told = true; });
    std::size_t taken = 0;
    REQUIRE(running.until([&] { return (taken += receiver.taken().size()) == 1; }));
  }
  running.run_for(3 * kWolApart);
  CHECK_FALSE(told);
  CHECK(receiver.taken().empty());
}
