// TLS and mutual TLS between the client and the server.
#include <gmock/gmock.h>

#include "net/server.h"
#include "unit/net/certificates.h"
#include "unit/net/client_fixture.h"

namespace gatehouse::net::test {
namespace {

using testing::HasSubstr;

Task<void> who(Exchange& exchange) {
  Request& request = exchange.request();
  Response response;
  response.body = request.tls() ? "tls " : "plain ";
  response.body += request.client_certificate_subject().value_or("nobody");
  response.body += " " + std::to_string(request.client_certificate_fingerprint().size());
  response.body += " " + std::to_string(request.body().size());
  if (request.path() == "/large") response.body = std::string(3'000'000, 'L');
  if (request.path() == "/stream") {
    Headers headers;
    Result<void> sent = co_await exchange.start_stream(200, std::move(headers));
    const std::string piece = "piece";
    for (int i = 0; i < 100 && sent; ++i) sent = co_await exchange.write(piece);
    if (sent) co_await exchange.finish();
    co_return;
  }
  co_await exchange.respond(std::move(response));
}

class TlsTest : public ClientTest {
 protected:
  TlsTest()
      : authority_("root"),
        server_identity_(authority_.issue("server", "DNS:localhost,IP:127.0.0.1")) {}
  ~TlsTest() override {
    stop();
    server_.reset();
    if (server_loops_) server_loops_->stop();
  }

  void serve(const std::string& client_ca = "", bool required = false) {
    serve_as(server_identity_, client_ca, required);
  }
  void serve_as(const Identity& identity, const std::string& client_ca = "",
                bool required = false) {
    server_loops_ = std::make_unique<LoopGroup>(1);
    server_loops_->start();
    ServerOptions options;
    options.tls =
        TlsServerOptions{identity.certificate_file, identity.key_file, client_ca, required};
    options.handshake_timeout_ms = 200;
    auto server = Server::start(*server_loops_, options, who);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  Call call(const std::string& host = "127.0.0.1") {
    Call call;
    const std::string url = "https://" + host + ":" + std::to_string(server_->port());
    call.endpoint = Endpoint::parse(url).value();
    call.endpoint.ca_file = authority_.root().certificate_file;
    call.endpoint.rekey();
    call.path = "/who";
    call.deadlines = {3000, 3000, 3000, 6000};
    return call;
  }

  Authority authority_;
  Identity server_identity_;
  std::unique_ptr<LoopGroup> server_loops_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, CarriesRequestsAndReusesConnections) {
  serve();
  for (const char* host : {"127.0.0.1", "localhost"}) {
    for (int i = 0; i < 5; ++i) {
      Call it = call(host);
      it.body = std::string(static_cast<size_t>(i) * 50'000, 'b');
      const Outcome out = run(it);
      ASSERT_TRUE(out.body) << out.body.error().reason;
      EXPECT_EQ(*out.body, "tls nobody 0 " + std::to_string(it.body.size()));
      EXPECT_EQ(out.reused, i > 0);
    }
    Call it = call(host);
    it.path = "/large";
    EXPECT_EQ(run(it).body.value_or("").size(), 3'000'000U);
    it.path = "/stream";
    it.in_pieces = true;
    EXPECT_EQ(run(it).body.value_or("").size(), 500U);
  }
}

TEST_F(TlsTest, RefusesACertificateThatItCannotTrust) {
  serve();
  const Authority other("other");
  Call untrusted = call();
  untrusted.endpoint.ca_file = other.root().certificate_file;
  untrusted.endpoint.rekey();
  const Outcome out = run(untrusted);
  ASSERT_FALSE(out.body);
  EXPECT_EQ(out.body.error().kind, ErrorKind::upstream_error);
  EXPECT_THAT(out.body.error().reason, HasSubstr("certificate verify failed"));

  Call wrong_name = call();
  wrong_name.endpoint.server_name = "example.com";
  wrong_name.endpoint.rekey();
  EXPECT_THAT(run(wrong_name).body.error().reason, HasSubstr("hostname mismatch"));

  Call explicitly = call();
  explicitly.endpoint.ca_file.clear();
  explicitly.endpoint.insecure = true;
  explicitly.endpoint.rekey();
  EXPECT_TRUE(run(explicitly).body);
  EXPECT_GE(server_->stats().tls_failures, 1U);
}

TEST_F(TlsTest, RefusesAnExpiredCertificate) {
  serve_as(authority_.issue("expired", "IP:127.0.0.1", -1));
  EXPECT_THAT(run(call()).body.error().reason, HasSubstr("certificate has expired"));
}

TEST_F(TlsTest, KnowsTheClientByItsCertificate) {
  Authority clients("clients");
  const Identity agent = clients.issue("agent", "");
  serve(clients.root().certificate_file, true);
  Call known = call();
  known.endpoint.certificate_file = agent.certificate_file;
  known.endpoint.key_file = agent.key_file;
  known.endpoint.rekey();
  const Outcome out = run(known);
  ASSERT_TRUE(out.body) << out.body.error().reason;
  EXPECT_EQ(*out.body, "tls CN=agent 64 2");

  EXPECT_FALSE(run(call()).body) << "without a certificate";

  Authority strangers("strangers");
  const Identity stranger = strangers.issue("stranger", "");
  Call unknown = call();
  unknown.endpoint.certificate_file = stranger.certificate_file;
  unknown.endpoint.key_file = stranger.key_file;
  unknown.endpoint.rekey();
  EXPECT_FALSE(run(unknown).body) << "with a certificate of another authority";
}

TEST_F(TlsTest, AClientCertificateMayBeOptional) {
  Authority clients("optional");
  serve(clients.root().certificate_file, false);
  const Outcome out = run(call());
  ASSERT_TRUE(out.body) << out.body.error().reason;
  EXPECT_EQ(*out.body, "tls nobody 0 2");
}

TEST_F(TlsTest, CutsOffWhoDoesNotShakeHands) {
  serve();
  Wire silent = Wire::to(server_->port());
  EXPECT_TRUE(silent.closes_within(2000));
  Wire plain = Wire::to(server_->port());
  plain.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_TRUE(plain.closes_within(2000));
}

TEST_F(TlsTest, NamesTheFileThatItCannotUse) {
  LoopGroup loops(1);
  ServerOptions options;
  options.tls = TlsServerOptions{"/nonexistent.pem", server_identity_.key_file, "", false};
  const auto missing = Server::start(loops, options, who);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message,
              HasSubstr("cannot use the certificate file /nonexistent.pem"));
  options.tls =
      TlsServerOptions{server_identity_.certificate_file, authority_.root().key_file, "", false};
  EXPECT_FALSE(Server::start(loops, options, who));
}

}  // namespace
}  // namespace gatehouse::net::test
