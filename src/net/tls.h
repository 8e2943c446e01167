#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "net/http.h"

struct ssl_ctx_st;
struct ssl_st;

namespace gatehouse::net {

struct TlsServerOptions;
struct Endpoint;

struct SslContextFree {
  void operator()(ssl_ctx_st* context) const;
};
using SslContextPtr = std::unique_ptr<ssl_ctx_st, SslContextFree>;

/// TLS 1.2 and later, HTTP/1.1 only. Errors name the file and what OpenSSL said of it.
Result<SslContextPtr> make_server_context(const TlsServerOptions& options);
Result<SslContextPtr> make_client_context(const Endpoint& endpoint);

/// What the last failed call on `ssl` failed of, in words: why a certificate was not accepted where
/// that is the cause. Empties OpenSSL's queue of errors.
std::string tls_error(ssl_st* ssl);

/// The identity that the peer proved; nothing if it showed no certificate.
std::unique_ptr<ClientCertificate> client_certificate(ssl_st* ssl);

}  // namespace gatehouse::net
