#include "drivers/power/ipmi_errors.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

extern "C" {
#include <OpenIPMI/ipmi_err.h>
}

namespace drivers::power {

namespace {

using reactor::Errc;
using reactor::Error;

std::string hex(unsigned value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%02x", value);
  return text.data();
}

// Status codes of RMCP+, IPMI 2.0 table 13-15.
Error rmcpp_error(unsigned code) {
  switch (code) {
    case 0x01:
    case 0x0b: return {Errc::unreachable, "the BMC has no session free; it takes few at a time"};
    case 0x09:
    case 0x0a:
    case 0x0d:
      return {
          Errc::refused,
          "the BMC does not let this user in; it has to exist, with privilege OPERATOR or more"};
    case 0x0f: return {Errc::refused, "the BMC says that the password is wrong"};
    case 0x04:
    case 0x05:
    case 0x10:
    case 0x11: return {Errc::refused, "the BMC does not take cipher suite 3; try cipher_suite: 17"};
    default: return {Errc::refused, "the BMC refused the login, RMCP+ status " + hex(code)};
  }
}

}  // namespace

// A wrong password shows as EINVAL: the BMC's proof that it knows ours too does not fit.
Error login_error(int error) {
  const auto bits = static_cast<unsigned>(error);
  const unsigned code = bits & 0xffU;
  if (IPMI_IS_RMCPP_ERR(bits)) return rmcpp_error(code);
  if (IPMI_IS_IPMI_ERR(bits) && code == IPMI_TIMEOUT_CC) return {Errc::unreachable, "no answer"};
  if (IPMI_IS_IPMI_ERR(bits))
    return {Errc::refused, "the BMC refused the login, completion code " + hex(code)};
  if (error == EINVAL) return {Errc::refused, "login failed; check user and password_file"};
  if (error == ENOENT) return {Errc::refused, "the BMC does not speak IPMI 2.0 (RMCP+)"};
  return {Errc::unreachable, std::string{"login failed: "} + std::strerror(error)};
}

}  // namespace drivers::power
