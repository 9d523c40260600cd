#include "tools/sim/last_words.h"

#include <unistd.h>

#include <csignal>
#include <cstring>

namespace sim_tool {

namespace {

thread_local const char* words = nullptr;

// A broken INVARIANT aborts; only what a signal handler may do is done here.
void say_words(int signal_number) {
  if (words && ::write(STDERR_FILENO, words, std::strlen(words)) < 0) words = nullptr;
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

}  // namespace

LastWords::LastWords(const std::string& repeat)
    : text_("nemuri sim: broken; again: " + repeat + "\n") {
  ::signal(SIGABRT, say_words);
  words = text_.c_str();
}

LastWords::~LastWords() {
  words = nullptr;
}

}  // namespace sim_tool
