#include "net/head.h"

#include <charconv>
#include <cstring>
#include <functional>
#include <utility>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace gatehouse::net {
namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::beast::error_code;
using BeastView = boost::beast::string_view;

std::string_view view(BeastView text) {
  return {text.data(), text.size()};
}

/// Takes what Beast's parser finds in one whole head; the body is not Beast's business.
template <bool is_request>
class HeadParser final : public http::basic_parser<is_request> {
 public:
  HeadParser(std::string_view head, size_t max_headers, std::vector<Header>& headers)
      : head_(head), max_headers_(max_headers), headers_(headers) {
    this->header_limit(static_cast<uint32_t>(head.size() + 1));
    this->body_limit(boost::none);
    headers_.clear();
  }

  std::optional<ProtocolError> run() {
    ErrorCode error;
    this->put(boost::asio::const_buffer(head_.data(), head_.size()), error);
    if (problem) return std::move(problem);
    if (error) return explain(error);
    if (!this->is_header_done())
      return ProtocolError{400, "bad_header", "The head is not complete."};
    if (framing.chunked && framing.content_length) {
      return ProtocolError{400, "ambiguous_length",
                           "Both content-length and transfer-encoding are set."};
    }
    return std::nullopt;
  }

  std::string_view method;
  std::string_view target;
  int version = 11;
  int status = 0;
  int hosts = 0;
  std::string_view host;
  bool expect_continue = false;
  Framing framing;
  std::optional<ProtocolError> problem;

 private:
  void fail(ErrorCode& error, ProtocolError what) {
    problem = std::move(what);
    error = http::error::bad_field;
  }

  ProtocolError explain(const ErrorCode& error) const {
    const std::string_view line = head_.substr(0, head_.find('\r'));
    if (error == http::error::bad_version && is_request) {
      const size_t space = line.rfind(' ');
      const std::string_view last =
          space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
      if (last.size() == 8 && last.starts_with("HTTP/") && last[6] == '.') {
        return {505, "http_version", "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
      }
    }
    if (error == http::error::bad_method || error == http::error::bad_target ||
        error == http::error::bad_version || error == http::error::bad_status ||
        error == http::error::bad_reason) {
      return {400, "bad_start_line", "The first line is malformed."};
    }
    if (error == http::error::bad_content_length || error == http::error::multiple_content_length) {
      return {400, "bad_content_length", "content-length is malformed, repeated or conflicting."};
    }
    if (error == http::error::bad_transfer_encoding) {
      return {400, "bad_transfer_encoding", "transfer-encoding is malformed or conflicting."};
    }
    return {400, "bad_header", "A header line is malformed: " + error.message() + "."};
  }

  void on_request_impl(http::verb, BeastView method_text, BeastView target_text, int http_version,
                       ErrorCode&) override {
    method = view(method_text);
    target = view(target_text);
    version = http_version;
  }

  void on_response_impl(int code, BeastView, int http_version, ErrorCode&) override {
    status = code;
    version = http_version;
  }

  void on_field_impl(http::field field, BeastView name, BeastView value,
                     ErrorCode& error) override {
    // Beast unfolds a folded line into memory of its own; every other value is in the head.
    if (!value.empty() && (std::less<>()(value.data(), head_.data()) ||
                           std::less<>()(head_.data() + head_.size(), value.data()))) {
      return fail(error, {400, "bad_header", "A header line is folded over several lines."});
    }
    if (headers_.size() >= max_headers_) {
      return fail(error, {431, "too_many_headers",
                          "There are more than " + std::to_string(max_headers_) + " headers."});
    }
    headers_.push_back({view(name), view(value)});
    switch (field) {
      case http::field::content_length:
        return on_content_length(view(value), error);
      case http::field::transfer_encoding:
        return on_transfer_encoding(view(value), error);
      case http::field::host:
        ++hosts;
        host = view(value);
        return;
      case http::field::expect:
        return on_expect(view(value), error);
      default:
        return;
    }
  }

  void on_content_length(std::string_view value, ErrorCode& error) {
    uint64_t length = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (framing.content_length || value.empty() || code != std::errc() ||
        end != value.data() + value.size()) {
      return fail(error, {400, "bad_content_length",
                          "content-length is malformed, repeated or conflicting."});
    }
    framing.content_length = length;
  }

  void on_transfer_encoding(std::string_view value, ErrorCode& error) {
    if (framing.chunked) {
      return fail(error, {400, "bad_transfer_encoding", "transfer-encoding is repeated."});
    }
    if (!same_name(value, "chunked")) {
      return fail(error, {501, "transfer_encoding",
                          "Only the transfer-encoding \"chunked\" is understood."});
    }
    framing.chunked = true;
  }

  void on_expect(std::string_view value, ErrorCode& error) {
    if (!is_request) return;
    if (!same_name(value, "100-continue")) {
      return fail(error, {417, "expectation", "Only the expectation 100-continue is understood."});
    }
    expect_continue = true;
  }

  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, ErrorCode&) override {}
  size_t on_body_impl(BeastView body, ErrorCode&) override { return body.size(); }
  void on_chunk_header_impl(uint64_t, BeastView, ErrorCode&) override {}
  size_t on_chunk_body_impl(uint64_t, BeastView body, ErrorCode&) override { return body.size(); }
  void on_finish_impl(ErrorCode&) override {}

  std::string_view head_;
  size_t max_headers_;
  std::vector<Header>& headers_;
};

/// A host with or without a port (RFC 9110, section 7.2); escapes are not looked into.
bool is_host(std::string_view text) {
  constexpr std::string_view kName =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()*+,;=";
  constexpr std::string_view kAddress = "0123456789abcdefABCDEF:.";
  constexpr size_t npos = std::string_view::npos;
  std::string_view allowed = kName;
  size_t end = 0;
  if (text.starts_with('[')) {
    allowed = kAddress;
    end = text.find(']');
    if (end == npos) return false;
    text.remove_prefix(1);
  }
  const std::string_view name = text.substr(0, end > 0 ? end - 1 : text.find(':'));
  std::string_view rest = text.substr(end > 0 ? end : name.size());
  if (!rest.empty() && rest.front() != ':') return false;
  if (!rest.empty()) rest.remove_prefix(1);
  return name.find_first_not_of(allowed) == npos && rest.find_first_not_of("0123456789") == npos;
}

/// What a target in absolute form (RFC 9112, section 3.2.2) asks for of the host that it names;
/// other targets stay what they are. Nothing if it names no host.
std::optional<std::string_view> origin_form(std::string_view target) {
  const size_t colon = target.find("://");
  if (colon == std::string_view::npos) return target;
  const std::string_view scheme = target.substr(0, colon);
  if (!same_name(scheme, "http") && !same_name(scheme, "https")) return target;
  const std::string_view rest = target.substr(scheme.size() + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.empty() || !is_host(authority)) return std::nullopt;
  // All views lie in the head: for a path that is left out, the scheme's own slash stands in.
  if (authority.size() == rest.size()) return target.substr(scheme.size() + 1, 1);
  return rest.substr(authority.size());
}

}  // namespace

HeadScanner::Verdict HeadScanner::scan(std::string_view window, size_t& length) {
  while (scanned_ < window.size()) {
    const void* hit = std::memchr(window.data() + scanned_, '\n', window.size() - scanned_);
    if (hit == nullptr) {
      scanned_ = window.size();
      return Verdict::more;
    }
    const auto at = static_cast<size_t>(static_cast<const char*>(hit) - window.data());
    if (at == line_start_ || window[at - 1] != '\r') return Verdict::bare_line_feed;
    scanned_ = at + 1;
    if (at == line_start_ + 1) {
      length = at + 1;
      return Verdict::found;
    }
    line_start_ = at + 1;
  }
  return Verdict::more;
}

std::optional<ProtocolError> parse_request_head(std::string_view head, size_t max_headers,
                                                RequestHead& out, std::vector<Header>& headers) {
  HeadParser<true> parser(head, max_headers, headers);
  if (auto problem = parser.run()) return problem;
  if (parser.hosts > 1 || (parser.hosts == 0 && parser.version == 11)) {
    return ProtocolError{400, "bad_host", "There must be exactly one host header."};
  }
  const std::optional<std::string_view> target = origin_form(parser.target);
  if (!is_host(parser.host) || !target) {
    return ProtocolError{400, "bad_host", "The host is malformed."};
  }
  if (parser.framing.chunked && parser.version == 10) {
    return ProtocolError{400, "bad_transfer_encoding", "HTTP/1.0 has no transfer-encoding."};
  }
  out.method = parser.method;
  out.target = *target;
  out.version = parser.version;
  out.keep_alive = parser.keep_alive();
  out.expect_continue = parser.expect_continue && parser.version == 11;
  out.framing = parser.framing;
  return std::nullopt;
}

std::optional<ProtocolError> parse_response_head(std::string_view head, size_t max_headers,
                                                 bool head_request, ResponseHead& out,
                                                 std::vector<Header>& headers) {
  HeadParser<false> parser(head, max_headers, headers);
  parser.skip(head_request);
  if (auto problem = parser.run()) return problem;
  if (parser.status < 100 || parser.status > 599) {
    return ProtocolError{400, "bad_start_line", "The status is not a number from 100 to 599."};
  }
  out.status = parser.status;
  out.framing = parser.framing;
  const bool no_body = head_request || out.status < 200 || out.status == 204 || out.status == 304;
  if (no_body) {
    out.framing = Framing{};
    out.framing.content_length = 0;
  } else if (!out.framing.chunked && !out.framing.content_length) {
    out.framing.until_close = true;
  }
  out.keep_alive = parser.keep_alive() && !out.framing.until_close;
  return std::nullopt;
}

}  // namespace gatehouse::net
