// A way of waking over HTTP, on a loop of its own, with a password file; for tests of such ways.
#pragma once

#include <memory>

#include "drivers/power/http_client.h"
#include "drivers/power/way.h"
#include "tests/power/answers.h"
#include "tests/power/double.h"

template <class Way, class Settings>
struct HttpFixture {
  HttpFixture(const std::string& url, reactor::Duration limit, const char* password) {
    settings.url = url;
    settings.user = "admin";
    settings.password_file = secret.write(password);
    settings.limit = limit;
  }

  Way& way() {
    if (!way_) way_ = std::make_unique<Way>(running.loop, client, settings);
    return *way_;
  }
  reactor::Result<reactor::Unit> wake() {
    return answer_of<reactor::Unit>(
        running, [&](auto done) { way().wake(done); }, kLimit);
  }
  reactor::Result<drivers::power::Power> read() {
    return answer_of<drivers::power::Power>(
        running, [&](auto done) { way().read(done); }, kLimit);
  }

  static constexpr reactor::Duration kLimit{40'000};
  SecretFile secret;
  Settings settings;
  RunningLoop running;
  drivers::power::HttpClient client{running.loop};
  std::unique_ptr<Way> way_;
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}
