// One request as libcurl sees it: its options, what came back, and what an error of it means.
#pragma once

#include <curl/curl.h>

#include <array>
#include <string>

#include "drivers/power/http_client.h"

namespace drivers::power {

struct HttpClient::Transfer {
  Transfer(std::uint64_t id, const HttpRequest& request, Done done);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  reactor::Result<HttpAnswer> result(CURLcode code);

  std::uint64_t id;
  CURL* easy;
  Done done;

 private:
  template <class Value>
  void set(CURLoption option, Value value);
  void set_method(const HttpRequest& request);
  void set_headers(const HttpRequest& request);
  void set_login(const HttpLogin& login);
  void set_trust(const HttpTrust& trust);
  void set_bounds(const HttpRequest& request);
  void set_ears();

  static std::size_t on_body(char* text, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* text, std::size_t size, std::size_t count, void* self);
  void take_header(std::string_view line);
  bool body_went_out() const;

  std::string what_;  ///< describe(request)
  curl_slist* headers_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_{};
  HttpAnswer answer_;
  bool too_long_ = false;
};

}  // namespace drivers::power
