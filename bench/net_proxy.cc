// The least proxy that the net layer can make: what a request costs before any layer of the product
// looks at it. bench/net_proxy.py compares it with nginx.
//
//   net_proxy LISTEN_PORT UPSTREAM_URL [LOOPS]
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "net/client.h"
#include "net/server.h"

namespace {

using namespace gatehouse;

struct Proxy {
  net::Endpoint upstream;
  net::Deadlines deadlines;
  std::vector<std::unique_ptr<net::Client>> clients;  // one per loop
};

bool hop_by_hop(std::string_view name) {
  return net::same_name(name, "host") || net::same_name(name, "connection") ||
         net::same_name(name, "content-length") || net::same_name(name, "transfer-encoding");
}

Task<void> fail(net::Exchange& exchange, const Refusal& refusal) {
  net::Response response;
  response.status = refusal.status();
  response.body = refusal.reason;
  std::fprintf(stderr, "%s\n", refusal.reason.c_str());
  co_await exchange.respond(std::move(response));
}

Task<void> stream(net::Exchange& exchange, net::ClientResponse& answer, net::Headers headers) {
  Result<void> sent = co_await exchange.start_stream(answer.status(), std::move(headers));
  while (sent) {
    const Result<std::string_view> piece = co_await answer.read_some();
    if (!piece) {
      exchange.abort();
      co_return;
    }
    if (piece->empty()) break;
    sent = co_await exchange.write(*piece);
  }
  if (sent) co_await exchange.finish();
}

Task<void> handle(Proxy& proxy, net::Exchange& exchange) {
  net::Request& request = exchange.request();
  net::Headers headers;
  for (const net::Header& header : request.headers()) {
    if (!hop_by_hop(header.name)) headers.add(header.name, header.value);
  }
  net::ClientRequest call;
  call.method = request.method();
  call.path = request.target();
  call.headers = &headers;
  call.body = request.body();
  net::Client& client = *proxy.clients[exchange.loop().index()];
  auto answer =
      co_await client.send(proxy.upstream, call, proxy.deadlines, exchange.cancellation());
  if (!answer) {
    co_await fail(exchange, answer.error());
    co_return;
  }
  net::ClientResponse& upstream = **answer;
  net::Response response;
  for (const net::Header& header : upstream.headers()) {
    if (!hop_by_hop(header.name)) response.headers.add(header.name, header.value);
  }
  if (upstream.header("content-length").empty()) {
    co_await stream(exchange, upstream, std::move(response.headers));
    co_return;
  }
  Result<std::string> body = co_await upstream.read_all(64 << 20);
  if (!body) {
    co_await fail(exchange, body.error());
    co_return;
  }
  response.status = upstream.status();
  response.body = std::move(*body);
  co_await exchange.respond(std::move(response));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: net_proxy LISTEN_PORT UPSTREAM_URL [LOOPS]\n");
    return 2;
  }
  Result<net::Endpoint> upstream = net::Endpoint::parse(argv[2]);
  if (!upstream) {
    std::fprintf(stderr, "%s\n", upstream.error().message.c_str());
    return 2;
  }
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  net::LoopGroup loops(argc > 3 ? static_cast<size_t>(std::atoi(argv[3])) : 1);
  Proxy proxy{std::move(*upstream), {}, {}};
  for (size_t i = 0; i < loops.size(); ++i) {
    proxy.clients.push_back(std::make_unique<net::Client>(loops[i]));
  }
  loops.start();
  net::ServerOptions options;
  options.port = static_cast<uint16_t>(std::atoi(argv[1]));
  auto server = net::Server::start(
      loops, options, [&proxy](net::Exchange& exchange) { return handle(proxy, exchange); });
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", (*server)->url().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  (*server)->drain(std::chrono::milliseconds(1000));
  loops.stop();
  loops.join();
  return 0;
}
