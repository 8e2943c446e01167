#include "net/tls.h"

#include <cstring>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "net/client.h"
#include "net/server.h"

namespace gatehouse::net {
namespace {

std::string queue_text() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    char line[256];
    ERR_error_string_n(code, line, sizeof line);
    // "error:0A000086:SSL routines::certificate verify failed": the last part says it.
    const char* last = std::strrchr(line, ':');
    if (text.empty()) text = last == nullptr ? line : last + 1;
  }
  return text.empty() ? "the peer closed the connection" : text;
}

Refusal bad_file(const std::string& what, const std::string& file) {
  Refusal refusal;
  refusal.kind = ErrorKind::invalid_request;
  refusal.layer = Layer::net;
  refusal.code = "tls_configuration";
  refusal.message = what + " " + file + ": " + queue_text();
  refusal.reason = refusal.message;
  return refusal;
}

bool load_identity(ssl_ctx_st* context, const std::string& certificate, const std::string& key,
                   Refusal& refusal) {
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    refusal = bad_file("cannot use the certificate file", certificate);
    return false;
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    refusal = bad_file("cannot use the key file", key);
    return false;
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    refusal = bad_file("the key does not belong to the certificate", certificate);
    return false;
  }
  return true;
}

SslContextPtr make_context(const SSL_METHOD* method) {
  SslContextPtr context(SSL_CTX_new(method));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned int in_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

void SslContextFree::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Result<SslContextPtr> make_server_context(const TlsServerOptions& options) {
  SslContextPtr context = make_context(TLS_server_method());
  Refusal refusal;
  if (!load_identity(context.get(), options.certificate_file, options.key_file, refusal)) {
    return refuse(std::move(refusal));
  }
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  static constexpr unsigned char kSessionScope[] = "gatehouse";
  SSL_CTX_set_session_id_context(context.get(), kSessionScope, sizeof kSessionScope - 1);
  if (!options.client_ca_file.empty()) {
    const std::string& file = options.client_ca_file;
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(file.c_str());
    if (names == nullptr ||
        SSL_CTX_load_verify_locations(context.get(), file.c_str(), nullptr) != 1) {
      return refuse(bad_file("cannot use the client CA file", file));
    }
    SSL_CTX_set_client_CA_list(context.get(), names);
    int mode = SSL_VERIFY_PEER;
    if (options.require_client_certificate) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(context.get(), mode, nullptr);
  }
  return context;
}

Result<SslContextPtr> make_client_context(const Endpoint& endpoint) {
  SslContextPtr context = make_context(TLS_client_method());
  if (endpoint.insecure) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  } else {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (endpoint.ca_file.empty()) {
      SSL_CTX_set_default_verify_paths(context.get());
    } else if (SSL_CTX_load_verify_locations(context.get(), endpoint.ca_file.c_str(), nullptr) !=
               1) {
      return refuse(bad_file("cannot use the CA file", endpoint.ca_file));
    }
  }
  if (!endpoint.certificate_file.empty()) {
    Refusal refusal;
    if (!load_identity(context.get(), endpoint.certificate_file, endpoint.key_file, refusal)) {
      return refuse(std::move(refusal));
    }
  }
  SSL_CTX_set_alpn_protos(context.get(), kHttp11, sizeof kHttp11);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  return context;
}

std::string tls_error(ssl_st* ssl) {
  const long verdict = SSL_get_verify_result(ssl);
  std::string text = queue_text();
  if (verdict != X509_V_OK) {
    text += " (";
    text += X509_verify_cert_error_string(verdict);
    text += ")";
  }
  return text;
}

std::unique_ptr<ClientCertificate> client_certificate(ssl_st* ssl) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl),
                                                                &X509_free);
  if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK) return nullptr;
  auto identity = std::make_unique<ClientCertificate>();
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  identity->subject.emplace(data, static_cast<size_t>(size));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_size = 0;
  X509_digest(certificate.get(), EVP_sha256(), digest, &digest_size);
  static constexpr char kDigits[] = "0123456789abcdef";
  for (unsigned int i = 0; i < digest_size; ++i) {
    identity->fingerprint += kDigits[digest[i] >> 4];
    identity->fingerprint += kDigits[digest[i] & 15];
  }
  return identity;
}

}  // namespace gatehouse::net
