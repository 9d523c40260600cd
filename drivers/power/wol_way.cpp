#include "drivers/power/wol_way.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "drivers/power/secret.h"

namespace drivers::power {

namespace {

using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

// "0a:ff:..." or "0a-ff-...": pairs of digits, each pair but the last followed by one character.
std::optional<std::string> bytes_of(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned byte = 0;
    const char* from = text.data() + i;
    const auto [end, fault] =
        std::from_chars(from, text.data() + std::min(i + 2, text.size()), byte, 16);
    if (fault != std::errc{} || end != from + 2) return {};
    if (i + 2 < text.size() && text[i + 2] != ':' && text[i + 2] != '-') return {};
    out.push_back(static_cast<char>(byte));
  }
  return out.size() * 3 == text.size() + 1 ? std::optional{out} : std::nullopt;
}

Result<std::string> packet_of(const WolSettings& settings) {
  if (settings.secure_on_file.empty()) return magic_packet(settings.mac, {});
  const auto secure_on = read_secret(settings.secure_on_file);
  if (!secure_on.ok()) return secure_on.error();
  return magic_packet(settings.mac, secure_on.value());
}

int broadcast_socket() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
  return fd;
}

}  // namespace

Result<std::string> magic_packet(const std::string& mac, const std::string& secure_on) {
  constexpr std::size_t kMac = 6, kShortSecureOn = 4;
  const auto address = bytes_of(mac);
  if (!address || address->size() != kMac)
    return Error{Errc::refused, "'" + mac + "' is no MAC address"};
  const auto password = bytes_of(secure_on);
  if (!secure_on.empty() &&
      (!password || (password->size() != kMac && password->size() != kShortSecureOn)))
    return Error{Errc::refused,
                 "the secret of secure_on_file is no SecureOn password; expected four or six "
                 "bytes, such as 01:02:03:04:05:06"};
  std::string out(kMac, '\xff');
  for (int i = 0; i < 16; ++i)
    out += *address;
  return secure_on.empty() ? out : out + *password;
}

WolWay::WolWay(reactor::Loop& loop, WolSettings settings)
    : settings_(std::move(settings)),
      next_(loop, [this] { tries_ == 0 ? begin() : send(); }),
      outcome_(Unit{}) {}

void WolWay::wake(Done<Unit> done) {
  done_ = std::move(done);
  tries_ = 0;
  next_.start({}, kWolApart);
}

void WolWay::begin() {
  auto packet = packet_of(settings_);
  outcome_ = Unit{};
  if (!packet.ok()) {
    outcome_ = packet.error();
    return end();
  }
  packet_ = std::move(packet).value();
  socket_ = broadcast_socket();
  if (socket_ < 0) {
    outcome_ = failed("a socket");
    return end();
  }
  outcome_ = failed("sending");  // until one went out
  send();
}

void WolWay::send() {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(settings_.port));
  inet_pton(AF_INET, settings_.broadcast.c_str(), &to.sin_addr);
  const ssize_t sent = sendto(socket_, packet_.data(), packet_.size(), 0,
                              reinterpret_cast<const sockaddr*>(&to), sizeof to);
  if (sent == static_cast<ssize_t>(packet_.size()))
    outcome_ = Unit{};
  else if (!outcome_.ok())
    outcome_ = failed("sending");
  if (++tries_ == kWolTimes) end();
}

void WolWay::end() {
  next_.stop();
  close_socket();
  packet_.clear();
  const auto done = std::move(done_);
  done(outcome_);
}

void WolWay::close_socket() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

Error WolWay::failed(const char* tried) const {
  return {Errc::unreachable, "Wake-on-LAN packet to " + settings_.broadcast + " port " +
                                 std::to_string(settings_.port) + ": " + tried +
                                 " failed: " + std::strerror(errno) +
                                 "; has this machine an address in that subnet, or a route to it?"};
}

}  // namespace drivers::power
