#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::net {

/// A view of one header of a message that was read.
struct Header {
  std::string_view name;
  std::string_view value;
};

/// ASCII case-insensitive equality, as header names compare.
bool same_name(std::string_view a, std::string_view b);

/// Whether a header of that name frames the message: what a server says itself, and where a
/// handler's own would contradict it.
bool is_framing(std::string_view name);

/// Headers to send, kept as the bytes that go on the wire. Names and values are made safe: bytes
/// that could end a line (CR, LF, NUL) become spaces.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> headers) {
    for (const Header& header : headers) add(header.name, header.value);
  }

  void add(std::string_view name, std::string_view value);
  void add(std::string_view name, int64_t value);
  /// Replaces all of that name.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  /// The first value of that name, empty if there is none. Valid until the next change.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;

  /// Calls `visit(Header)` for each in order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    std::string_view rest = wire_;
    while (!rest.empty()) visit(next(rest));
  }

  /// "name: value\r\n" lines.
  const std::string& wire() const { return wire_; }
  bool empty() const { return wire_.empty(); }
  /// Whether there may be one that frames the message: its length, its connection, its date.
  bool may_frame() const { return may_frame_; }

 private:
  static Header next(std::string_view& rest);
  std::string wire_;
  bool may_frame_ = false;
};

/// A request that was read whole. The views live as long as the request's exchange.
class Request {
 public:
  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  std::string_view method() const { return method_; }
  /// As it was sent: "/v1/models?limit=2".
  std::string_view target() const { return target_; }
  /// The target before '?', not decoded.
  std::string_view path() const { return target_.substr(0, target_.find('?')); }
  /// The target behind '?', not decoded; empty if none.
  std::string_view query() const;
  bool http10() const { return http10_; }

  /// The first value of that header, case-insensitive, without surrounding blanks; empty if absent.
  std::string_view header(std::string_view name) const;
  const std::vector<Header>& headers() const { return headers_; }

  /// Owned; has at least 64 bytes of spare capacity behind its end (what JSON parsing needs). May
  /// be changed or moved from.
  std::string& body() { return body_; }
  const std::string& body() const { return body_; }

  /// "127.0.0.1", "2001:db8::1", without the port.
  const std::string& peer_address() const { return *peer_address_; }
  uint16_t peer_port() const { return peer_port_; }
  bool tls() const { return tls_; }
  /// RFC 2253 form of the verified client certificate's subject; nothing without one.
  const std::optional<std::string>& client_certificate_subject() const;
  /// Lower-case hex of the SHA-256 of the verified client certificate; empty without one.
  const std::string& client_certificate_fingerprint() const;

  /// A request from memory, for tests of what handles requests.
  void assign(std::string_view method, std::string_view target,
              std::initializer_list<Header> headers, std::string body);

 private:
  friend class Connection;
  friend class RequestReader;

  std::string_view method_;
  std::string_view target_;
  std::vector<Header> headers_;
  std::string body_;
  const std::string* peer_address_ = nullptr;
  uint16_t peer_port_ = 0;
  bool http10_ = false;
  bool tls_ = false;
  const struct ClientCertificate* certificate_ = nullptr;
  std::string owned_;  // of `assign`
};

/// The identity that a client proved on its TLS connection.
struct ClientCertificate {
  std::optional<std::string> subject;
  std::string fingerprint;
};

/// An answer that is sent whole; `content-length`, `date` and `connection` are added.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

/// "Not Found" for 404; "Unknown" for a status without a name.
std::string_view reason_phrase(int status);

}  // namespace gatehouse::net
