#include "drivers/power/ipmi_session.h"

#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "drivers/power/ipmi_errors.h"
#include "reactor/invariant.h"

extern "C" {
#include <OpenIPMI/ipmi_addr.h>
#include <OpenIPMI/ipmi_auth.h>
#include <OpenIPMI/ipmi_conn.h>
#include <OpenIPMI/ipmi_err.h>
#include <OpenIPMI/ipmi_lan.h>
#include <OpenIPMI/ipmi_msgbits.h>
#include <OpenIPMI/ipmiif.h>
}

namespace drivers::power {

namespace {

using reactor::Errc;
using reactor::Error;
using reactor::Unit;

struct Bytes {
  unsigned char netfn, command;
  std::optional<unsigned char> data;
};

Bytes bytes_of(IpmiRequest request) {
  constexpr unsigned char kPowerUp = 1;
  switch (request) {
    case IpmiRequest::power_up: return {IPMI_CHASSIS_NETFN, IPMI_CHASSIS_CONTROL_CMD, kPowerUp};
    case IpmiRequest::chassis_status: return {IPMI_CHASSIS_NETFN, IPMI_GET_CHASSIS_STATUS_CMD, {}};
    case IpmiRequest::acpi_power_state: return {IPMI_APP_NETFN, IPMI_GET_ACPI_POWER_STATE_CMD, {}};
  }
  INVARIANT(false);
}

ipmi_lanp_parm_t number(int id, int value) {
  return {id, value, nullptr, 0};
}

// The library only reads what it is given here.
ipmi_lanp_parm_t text(int id, const std::string& value) {
  return {id, 0, const_cast<char*>(value.data()), static_cast<unsigned>(value.size())};
}

ipmi_lanp_parm_t one_of(int id, char** value) {
  return {id, 0, static_cast<void*>(value), 1};
}

int set_up(const IpmiTarget& target, os_handler_t* handler, ipmi_con_t** connection) {
  std::string port = std::to_string(target.port), address = target.address;
  char* addresses = address.data();
  char* ports = port.data();
  const int family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  std::array parameters{
      one_of(IPMI_LANP_PARMID_ADDRS, &addresses),
      one_of(IPMI_LANP_PARMID_PORTS, &ports),
      number(IPMI_LANP_ADDRESS_FAMILY, family),
      number(IPMI_LANP_PARMID_AUTHTYPE, static_cast<int>(IPMI_AUTHTYPE_RMCP_PLUS)),
      number(IPMI_LANP_PARMID_PRIVILEGE, IPMI_PRIVILEGE_OPERATOR),
      number(IPMI_LANP_AUTHENTICATION_ALGORITHM, IPMI_LANP_AUTHENTICATION_ALGORITHM_RAKP_HMAC_SHA1),
      number(IPMI_LANP_INTEGRITY_ALGORITHM, IPMI_LANP_INTEGRITY_ALGORITHM_HMAC_SHA1_96),
      number(IPMI_LANP_CONFIDENTIALITY_ALGORITHM, IPMI_LANP_CONFIDENTIALITY_ALGORITHM_AES_CBC_128),
      text(IPMI_LANP_PARMID_USERNAME, target.user),
      text(IPMI_LANP_PARMID_PASSWORD, target.password)};
  return ipmi_lanp_setup_con(parameters.data(), parameters.size(), handler, nullptr, connection);
}

}  // namespace

/// What the library may still call after the session has gone.
struct IpmiSession::Link {
  IpmiSession* owner = nullptr;  ///< null: gone
  ipmi_con_t* connection = nullptr;
  int unanswered = 0;
  bool closed = false;

  void free_if_over() {
    if (closed && unanswered == 0) delete this;
  }
  static void on_change(ipmi_con_t*, int error, unsigned, int any_port_up, void* data) {
    auto* link = static_cast<Link*>(data);
    if (link->owner != nullptr) link->owner->changed(error, any_port_up != 0);
  }
  static int on_reply(ipmi_con_t* connection, ipmi_msgi_t* item);
  static void on_closed(ipmi_con_t*, void* data) {
    auto* link = static_cast<Link*>(data);
    link->closed = true;
    link->free_if_over();
  }
};

IpmiSession::IpmiSession(reactor::Loop& loop, IpmiLibrary& library)
    : library_(library), say_(loop, [this] {
        const auto said = std::exchange(said_, nullptr);
        said();  // which may destroy us
      }) {}

IpmiSession::~IpmiSession() {
  if (link_ == nullptr) return;
  link_->owner = nullptr;
  ipmi_con_t* connection = link_->connection;
  connection->remove_con_change_handler(connection, Link::on_change, link_);
  connection->close_connection_done(connection, Link::on_closed, link_);
}

void IpmiSession::open(const IpmiTarget& target, Opened opened) {
  INVARIANT(link_ == nullptr);
  opened_ = std::move(opened);
  ipmi_con_t* connection = nullptr;
  if (const int failed = set_up(target, library_.handler(), &connection); failed != 0)
    return changed(failed, false);
  link_ = new Link{this, connection};
  connection->add_con_change_handler(connection, Link::on_change, link_);
  if (const int failed = connection->start_con(connection); failed != 0) changed(failed, false);
}

// Only the first news counts: what the library tries after that, it tries unasked.
void IpmiSession::changed(int error, bool up) {
  if (!opened_) return;
  const auto opened = std::exchange(opened_, nullptr);
  if (up)
    say([opened] { opened(Unit{}); });
  else
    say([opened, error] { opened(login_error(error)); });
}

void IpmiSession::ask(IpmiRequest request, Replied replied) {
  INVARIANT(link_ != nullptr && !replied_);
  replied_ = std::move(replied);
  Bytes bytes = bytes_of(request);
  unsigned char data = bytes.data.value_or(0);
  ipmi_system_interface_addr_t to{IPMI_SYSTEM_INTERFACE_ADDR_TYPE, IPMI_BMC_CHANNEL, 0};
  ipmi_msg_t message{};
  message.netfn = bytes.netfn;
  message.cmd = bytes.command;
  message.data = &data;
  message.data_len = bytes.data ? 1 : 0;
  ipmi_msgi_t* item = ipmi_alloc_msg_item();
  item->data1 = link_;
  ++link_->unanswered;
  ipmi_con_t* connection = link_->connection;
  const int failed = connection->send_command(connection, reinterpret_cast<ipmi_addr_t*>(&to),
                                              sizeof to, &message, Link::on_reply, item);
  if (failed == 0) return;
  --link_->unanswered;
  ipmi_free_msg_item(item);
  say([answer = std::exchange(replied_, nullptr), failed] {
    answer(Error{Errc::unreachable, std::string{"sending failed: "} + std::strerror(failed)});
  });
}

// The library answers each request once, without a connection when that is closed.
int IpmiSession::Link::on_reply(ipmi_con_t* connection, ipmi_msgi_t* item) {
  auto* link = static_cast<Link*>(item->data1);
  IpmiSession* owner = link->owner;
  --link->unanswered;
  link->free_if_over();
  if (owner == nullptr || connection == nullptr || item->msg.data_len < 1)
    return IPMI_MSG_ITEM_NOT_USED;
  const unsigned char* data = item->msg.data;
  IpmiReply reply{data[0], {data + 1, data + item->msg.data_len}};
  owner->say([answer = std::exchange(owner->replied_, nullptr), reply = std::move(reply)] {
    if (reply.code == IPMI_TIMEOUT_CC) return answer(Error{Errc::unreachable, "no answer"});
    answer(reply);
  });
  return IPMI_MSG_ITEM_NOT_USED;
}

// Later, so that nobody closes the connection from inside the library.
void IpmiSession::say(std::function<void()> what) {
  said_ = std::move(what);
  say_.start({});
}

}  // namespace drivers::power
