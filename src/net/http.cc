#include "net/http.h"

#include <charconv>
#include <cstdint>
#include <cstring>

#include "core/json.h"
#include "core/letters.h"

namespace gatehouse::net {
namespace {

/// What a usual head needs, so that it grows once.
constexpr size_t kUsualBytes = 480;

/// CR, LF and NUL, and some more control characters that no usual header has.
bool may_end_line(std::string_view text) {
  // Eight bytes at a time: the high bit of a byte of `low` tells that the byte is below 14.
  constexpr uint64_t kOnes = 0x0101010101010101;
  uint64_t low = 0;
  while (text.size() >= sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, text.data(), sizeof word);
    low |= (word - kOnes * 14) & ~word;
    text.remove_prefix(sizeof word);
  }
  bool found = (low & (kOnes << 7)) != 0;
  for (const char c : text) found |= static_cast<unsigned char>(c) < 14;
  return found;
}

/// A line that a peer can't be made to see as two.
void keep_on_one_line(char* text, size_t size) {
  for (char* c = text; c != text + size; ++c) {
    if (*c == '\r' || *c == '\n' || *c == '\0') *c = ' ';
  }
}

char* put(char* to, std::string_view text) {
  // Not memcpy, which forbids the missing address that an empty text may have.
  return to + text.copy(to, text.size());
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return same_letters(a, b);
}

bool is_framing(std::string_view name) {
  switch (name.size()) {
    case 4:
      return same_name(name, "date");
    case 10:
      return same_name(name, "connection") || same_name(name, "keep-alive");
    case 14:
      return same_name(name, "content-length");
    case 17:
      return same_name(name, "transfer-encoding");
    default:
      return false;
  }
}

void Headers::add(std::string_view name, std::string_view value) {
  if (wire_.empty()) wire_.reserve(kUsualBytes);
  may_frame_ |= is_framing(name);
  const size_t at = wire_.size();
  const size_t size = name.size() + value.size();
  wire_.resize(at + size + 4);
  char* const line = wire_.data() + at;
  char* to = put(line, name);
  to = put(to, ": ");
  to = put(to, value);
  put(to, "\r\n");
  if (may_end_line(name) || may_end_line(value)) keep_on_one_line(line, size + 2);
}

void Headers::add(std::string_view name, int64_t value) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  add(name, std::string_view(digits, static_cast<size_t>(end - digits)));
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  std::string_view rest = wire_;
  while (!rest.empty()) {
    const auto at = static_cast<size_t>(rest.data() - wire_.data());
    const Header header = next(rest);
    if (!same_name(header.name, name)) continue;
    const auto after = static_cast<size_t>(rest.data() - wire_.data());
    wire_.erase(at, after - at);
    rest = std::string_view(wire_).substr(at);
  }
}

std::string_view Headers::get(std::string_view name) const {
  std::string_view rest = wire_;
  while (!rest.empty()) {
    const Header header = next(rest);
    if (same_name(header.name, name)) return header.value;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  return get(name).data() != nullptr;
}

Header Headers::next(std::string_view& rest) {
  const size_t end = rest.find("\r\n");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  const size_t colon = line.find(": ");
  return {line.substr(0, colon), line.substr(colon + 2)};
}

std::string_view Request::query() const {
  const size_t mark = target_.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target_.substr(mark + 1);
}

std::string_view Request::header(std::string_view name) const {
  for (const Header& header : headers_) {
    if (same_name(header.name, name)) return header.value;
  }
  return {};
}

const std::optional<std::string>& Request::client_certificate_subject() const {
  static const std::optional<std::string> none;
  return certificate_ == nullptr ? none : certificate_->subject;
}

const std::string& Request::client_certificate_fingerprint() const {
  static const std::string none;
  return certificate_ == nullptr ? none : certificate_->fingerprint;
}

void Request::assign(std::string_view method, std::string_view target,
                     std::initializer_list<Header> headers, std::string body) {
  static const std::string local = "127.0.0.1";
  size_t size = method.size() + target.size();
  for (const Header& header : headers) size += header.name.size() + header.value.size();
  owned_.clear();
  owned_.reserve(size);  // so that the views below stay valid
  const auto keep = [this](std::string_view text) {
    const size_t at = owned_.size();
    owned_.append(text);
    return std::string_view(owned_).substr(at);
  };
  method_ = keep(method);
  target_ = keep(target);
  headers_.clear();
  for (const Header& header : headers) {
    const std::string_view name = keep(header.name);
    headers_.push_back({name, keep(header.value)});
  }
  body_ = std::move(body);
  body_.reserve(body_.size() + json::kPadding);
  peer_address_ = &local;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 424:
      return "Failed Dependency";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    case 529:
      return "Overloaded";
    default:
      return "Unknown";
  }
}

}  // namespace gatehouse::net
