#include "drivers/agent/logind_talk.h"

#include <fcntl.h>
#include <unistd.h>

#include <string_view>
#include <utility>

namespace drivers::agent {

namespace {

std::string error_of(sd_bus_message* message) {
  const sd_bus_error* const error = sd_bus_message_get_error(message);
  if (error == nullptr) return "no answer that could be read";
  return std::string{error->name} +
         (error->message != nullptr ? ": " + std::string{error->message} : "");
}

// Nobody has the name, or whoever should be started for it cannot be.
bool is_absence(sd_bus_message* message) {
  const sd_bus_error* const error = sd_bus_message_get_error(message);
  if (error == nullptr) return false;
  const std::string_view name{error->name};
  return name == SD_BUS_ERROR_SERVICE_UNKNOWN || name == SD_BUS_ERROR_NAME_HAS_NO_OWNER ||
         name.starts_with("org.freedesktop.DBus.Error.Spawn") ||
         name.starts_with("org.freedesktop.systemd1.");
}

bool has_part(std::string_view list, std::string_view part) {
  while (!list.empty()) {
    const auto end = list.find(':');
    if (list.substr(0, end) == part) return true;
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return false;
}

struct Inhibitor {
  const char *what = "", *who = "", *why = "", *mode = "";
  std::uint32_t user = 0, process = 0;

  bool blocks_sleep() const { return std::string_view{mode} == "block" && has_part(what, "sleep"); }
  std::string text() const {
    return std::string{who} + " (pid " + std::to_string(process) + ") blocks sleep: " + why +
           "; see systemd-inhibit --list";
  }
};

// False: no further one.
bool read(sd_bus_message* list, Inhibitor& one) {
  return sd_bus_message_read(list, "(ssssuu)", &one.what, &one.who, &one.why, &one.mode, &one.user,
                             &one.process) > 0;
}

}  // namespace

LogindTalk::LogindTalk(reactor::Loop& loop, const std::string& address, bool suspend, Done done)
    : loop_(loop),
      suspend_(suspend),
      done_(std::move(done)),
      bus_(loop,
           [this] {
             end({false, "the system bus closed the connection"});
           }),
      limit_(loop, [this] { late(); }) {
  limit_.start(kAwakeLimit);
  if (auto failure = bus_.open(address)) {
    end({true, std::move(failure)});
    return;
  }
  bus_.ask(
      "CanSuspend", kCallLimit, [this](auto* reply) { ask_inhibitors(reply); }, "");
}

LogindTalk::~LogindTalk() {
  let_go();
}

void LogindTalk::ask_inhibitors(sd_bus_message* can_suspend) {
  if (sd_bus_message_is_method_error(can_suspend, nullptr) > 0)
    return end({is_absence(can_suspend), "logind: CanSuspend: " + error_of(can_suspend)});
  const char* word = "";
  (void)sd_bus_message_read(can_suspend, "s", &word);
  const std::string said{word};
  if (said == "challenge")
    return end({false, "logind wants a password for a suspend: run the agent as root"});
  if (said != "yes") return end({false, "logind: CanSuspend says \"" + said + "\""});
  bus_.ask(
      "ListInhibitors", kCallLimit, [this](auto* reply) { judge(reply); }, "");
}

void LogindTalk::judge(sd_bus_message* inhibitors) {
  if (sd_bus_message_is_method_error(inhibitors, nullptr) > 0)
    return end({false, "logind: ListInhibitors: " + error_of(inhibitors)});
  if (sd_bus_message_enter_container(inhibitors, 'a', "(ssssuu)") < 0)
    return end({false, "logind: ListInhibitors: no answer that could be read"});
  for (Inhibitor one; read(inhibitors, one);)
    if (one.blocks_sleep()) return end({false, one.text()});
  if (!suspend_) return end({});
  take_delay();
}

// So that it is this agent's word that lets the host go down, and no time limit of logind's.
void LogindTalk::take_delay() {
  bus_.listen("PrepareForSleep", [this](auto* signal) { prepare(signal); });
  bus_.ask(
      "Inhibit", kCallLimit, [this](auto* reply) { suspend(reply); }, "ssss", "sleep",
      "nemuri agent", "says when this host goes down", "delay");
}

void LogindTalk::suspend(sd_bus_message* inhibitor) {
  int file = -1;
  if (sd_bus_message_is_method_error(inhibitor, nullptr) > 0)
    return end({false, "logind: Inhibit: " + error_of(inhibitor)});
  if (sd_bus_message_read(inhibitor, "h", &file) >= 0)
    delay_ = fcntl(file, F_DUPFD_CLOEXEC, 3);  // the message takes its own with it
  bus_.ask(
      "Suspend", kCallLimit, [this](auto* reply) { begun(reply); }, "b", 0);
}

void LogindTalk::begun(sd_bus_message* reply) {
  if (sd_bus_message_is_method_error(reply, nullptr) > 0)
    end({false, "logind: Suspend: " + error_of(reply)});
}

void LogindTalk::prepare(sd_bus_message* signal) {
  int going_down = 0;
  if (sd_bus_message_read(signal, "b", &going_down) < 0) return;
  if (going_down != 0) {
    down_ = true;
    let_go();
  } else if (down_) {
    end({});
  }
}

void LogindTalk::late() {
  end({false, "logind: Suspend was accepted, and this host is not through it after " +
                  std::to_string(kAwakeLimit.count()) + " ms awake"});
}

void LogindTalk::let_go() {
  if (delay_ >= 0) close(std::exchange(delay_, -1));
}

void LogindTalk::end(LogindAnswer answer) {
  let_go();
  if (!done_) return;
  loop_.post([done = std::exchange(done_, nullptr), answer = std::move(answer)] { done(answer); });
}

}  // namespace drivers::agent
