#include "drivers/power/http_transfer.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "reactor/invariant.h"

namespace drivers::power {

namespace {

using reactor::Errc;
using reactor::Error;
using reactor::Result;

const char* name_of(HttpRequest::Method method) {
  switch (method) {
    case HttpRequest::Method::get: return "GET";
    case HttpRequest::Method::post: return "POST";
    case HttpRequest::Method::del: return "DELETE";
  }
  INVARIANT(false);
}

/// The value of header `name` (in lower case), if `line` is one.
bool is_header(std::string_view line, std::string_view name, std::string& value) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  if (line.size() <= name.size() || line[name.size()] != ':') return false;
  if (!std::equal(name.begin(), name.end(), line.begin(),
                  [&](char b, char a) { return same(a, b); }))
    return false;
  line.remove_prefix(name.size() + 1);
  const std::size_t begin = line.find_first_not_of(" \t\r\n");
  const std::size_t end = line.find_last_not_of(" \t\r\n");
  value = begin == line.npos ? "" : std::string{line.substr(begin, end - begin + 1)};
  return true;
}

/// What an operator can do about a server that did not prove who it is.
const char* advice(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return "; if it is the right one give it a `pin` of its key, or a `ca_file` (docs/power.md)";
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return "; another machine answers there, or its key was renewed: then renew `pin`";
    case CURLE_SSL_CACERT_BADFILE: return "; `ca_file` must be a file of PEM certificates";
    default: return "";
  }
}

bool is_distrust(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_PINNEDPUBKEYNOTMATCH ||
         code == CURLE_SSL_CACERT_BADFILE;
}

// What is no HTTP at all is an "unsupported protocol" to libcurl (HTTP/0.9), and a URL with a user
// in it a "login denied".
bool is_nonsense(CURLcode code) {
  return code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY ||
         code == CURLE_URL_MALFORMAT || code == CURLE_LOGIN_DENIED ||
         code == CURLE_BAD_CONTENT_ENCODING;
}

}  // namespace

std::string describe(const HttpRequest& request) {
  std::string url = request.url;
  const std::size_t host = url.find("//");
  const std::size_t at = url.find('@');
  if (host != url.npos && at != url.npos) url.erase(host + 2, at - host - 1);
  return name_of(request.method) + (" " + url);
}

HttpClient::Transfer::Transfer(std::uint64_t its_id, const HttpRequest& request, Done its_done)
    : id(its_id), easy(curl_easy_init()), done(std::move(its_done)), what_(describe(request)) {
  INVARIANT(easy != nullptr);
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_URL, request.url.c_str());
  set_method(request);
  set_headers(request);
  set_login(request.login);
  set_trust(request.trust);
  set_bounds(request);
  set_ears();
}

HttpClient::Transfer::~Transfer() {
  curl_easy_cleanup(easy);
  curl_slist_free_all(headers_);
}

template <class Value>
void HttpClient::Transfer::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  INVARIANT(code == CURLE_OK);
}

void HttpClient::Transfer::set_method(const HttpRequest& request) {
  if (request.method == HttpRequest::Method::del) set(CURLOPT_CUSTOMREQUEST, "DELETE");
  if (request.method != HttpRequest::Method::post) return;
  set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  set(CURLOPT_COPYPOSTFIELDS, request.body.c_str());  // POSTFIELDS would keep our pointer
}

void HttpClient::Transfer::set_headers(const HttpRequest& request) {
  headers_ = curl_slist_append(nullptr, "Expect:");  // embedded servers leave "100-continue" alone
  for (const std::string& header : request.headers)
    headers_ = curl_slist_append(headers_, header.c_str());
  set(CURLOPT_HTTPHEADER, headers_);
}

void HttpClient::Transfer::set_login(const HttpLogin& login) {
  if (login.kind == HttpLogin::Kind::none) return;
  const bool digest = login.kind == HttpLogin::Kind::digest;
  set(CURLOPT_HTTPAUTH, static_cast<long>(digest ? CURLAUTH_DIGEST : CURLAUTH_BASIC));
  set(CURLOPT_USERNAME, login.user.c_str());
  set(CURLOPT_PASSWORD, login.password.c_str());
}

void HttpClient::Transfer::set_trust(const HttpTrust& trust) {
  const bool by_key_alone = !trust.pin.empty() && trust.ca_file.empty();
  set(CURLOPT_SSL_VERIFYPEER, by_key_alone ? 0L : 1L);
  set(CURLOPT_SSL_VERIFYHOST, by_key_alone ? 0L : 2L);
  if (!trust.pin.empty()) set(CURLOPT_PINNEDPUBLICKEY, trust.pin.c_str());
  if (trust.ca_file.empty()) return;
  set(CURLOPT_CAINFO, trust.ca_file.c_str());
  set<const char*>(CURLOPT_CAPATH, nullptr);  // else the system's CAs count as well
}

void HttpClient::Transfer::set_bounds(const HttpRequest& request) {
  set(CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(request.limit.count())));
  set(CURLOPT_FORBID_REUSE, request.last ? 1L : 0L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // else http_proxy of the environment
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // else the loop waits for a name that is being looked up
}

void HttpClient::Transfer::set_ears() {
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
}

std::size_t HttpClient::Transfer::on_body(char* text, std::size_t size, std::size_t count,
                                          void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.too_long_ = transfer.answer_.body.size() + size * count > kLongestAnswer;
  if (transfer.too_long_) return 0;
  transfer.answer_.body.append(text, size * count);
  return size * count;
}

std::size_t HttpClient::Transfer::on_header(char* text, std::size_t size, std::size_t count,
                                            void* self) {
  static_cast<Transfer*>(self)->take_header({text, size * count});
  return size * count;
}

// A Digest login brings the headers of two answers; those of the last one count.
void HttpClient::Transfer::take_header(std::string_view line) {
  if (line.starts_with("HTTP/")) answer_ = {};
  if (line.size() > kLongestHeader) return;
  if (is_header(line, "location", answer_.location)) return;
  is_header(line, "x-auth-token", answer_.auth_token);
}

bool HttpClient::Transfer::body_went_out() const {
  curl_off_t sent = 0;
  curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return sent > 0;
}

Result<HttpAnswer> HttpClient::Transfer::result(CURLcode code) {
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
    return std::move(answer_);
  }
  if (too_long_)
    return Error{Errc::malformed, what_ + ": the answer is longer than " +
                                      std::to_string(kLongestAnswer) + " bytes"};
  const char* said = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
  const std::string text = what_ + ": " + said + advice(code);
  if (is_distrust(code)) return Error{Errc::refused, text};
  if (is_nonsense(code)) return Error{Errc::malformed, text};
  return Error{body_went_out() ? Errc::outcome_unknown : Errc::unreachable, text};
}

}  // namespace drivers::power
