// What a host's agent says of it in its hello, and the link to its libvirt that follows from it:
// open while the host is up, closed while it sleeps.
#pragma once

#include "actors/director/surveys.h"

namespace actors {

class Links {
 public:
  Links(Stage& stage, Surveys& surveys) : stage_(stage), pool_(stage.pool), surveys_(surveys) {}

  void ask_hello(Host& host);
  /// If one was asked for long ago.
  void ask_hello_again(Host& host);
  void take(const input::Hello& event);

  void went_down(Host& host);
  void close(Host& host);
  /// Its agent sees a domain that we do not: a new link brings the whole list.
  void list_again(Host& host);

 private:
  void note_boot(const Host& host, const ports::HostHello& hello);

  Stage& stage_;
  Pool& pool_;
  Surveys& surveys_;
};

}  // namespace actors
