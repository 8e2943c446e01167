#include "gateway/gateway.h"

#include <array>
#include <string_view>
#include <utility>

#include "api/errors.h"
#include "gateway/endpoints.h"

namespace gatehouse::gateway {
namespace {

using Endpoint = Task<void> (*)(net::Exchange&, LoopServices&);

struct Route {
  std::string_view method;
  std::string_view path;
  bool prefix;  // also what lies below it
  Endpoint endpoint;
};

constexpr std::array kRoutes = {
    Route{"POST", "/v1/chat/completions", false, serve_openai_chat},
    Route{"POST", "/v1/messages", false, serve_anthropic_messages},
    Route{"POST", "/v1/embeddings", false, serve_embeddings},
    Route{"POST", "/v1/completions", false, serve_openai_completion},
    Route{"POST", "/v1/messages/count_tokens", false, serve_anthropic_count_tokens},
    Route{"POST", "/v1/moderations", false, serve_moderations},
    Route{"GET", "/v1/models", false, serve_models},
    Route{"GET", "/v1/models/", true, serve_models},
};

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

Refusal unknown_path(std::string_view path) {
  Refusal refusal;
  refusal.kind = ErrorKind::not_found;
  refusal.code = "unknown_url";
  refusal.message = "Unknown path " + std::string(path.substr(0, 128)) + ". Known are:";
  for (const Route& route : kRoutes) {
    if (!route.prefix) refusal.message.append(" ").append(route.path);
  }
  refusal.message += " /healthz /readyz /metrics";
  return refusal;
}

Refusal wrong_method(std::string_view allowed) {
  Refusal refusal;
  refusal.kind = ErrorKind::method_not_allowed;
  refusal.code = "method_not_allowed";
  refusal.message = "This path takes " + std::string(allowed) + ".";
  return refusal;
}

/// Anthropic's clients name their dialect on every path.
api::Dialect dialect_of(const net::Request& request) {
  return request.header("anthropic-version").empty() ? api::Dialect::openai
                                                     : api::Dialect::anthropic;
}

net::Response error_response(const Refusal& refusal, api::Dialect dialect) {
  api::ErrorResponse error = api::render_error(refusal, dialect);
  net::Response response;
  response.status = error.status;
  response.headers.add("content-type", "application/json");
  for (const auto& [name, value] : error.headers) response.headers.add(name, value);
  response.body = std::move(error.body);
  return response;
}

}  // namespace

net::Response render_plain_error(int status, const Refusal& refusal) {
  net::Response response = error_response(refusal, api::Dialect::openai);
  response.status = status;
  return response;
}

Gateway::Gateway(GatewayParts parts, std::shared_ptr<const Snapshot> snapshot)
    : parts_(std::move(parts)) {
  for (size_t i = 0; i < parts_.loops.size(); ++i) {
    net::Loop& loop = parts_.loops[i];
    clients_.push_back(std::make_unique<net::Client>(loop, parts_.client));
    services_.push_back(std::make_unique<LoopServices>(
        LoopServices{loop, *clients_.back(), parts_.admission.loop(i), parts_.settlement.loop(i),
                     parts_.firewall, parts_.workers, snapshot}));
  }
}

Gateway::~Gateway() = default;

void Gateway::swap(std::shared_ptr<const Snapshot> snapshot) {
  for (const std::unique_ptr<LoopServices>& services : services_) {
    LoopServices* target = services.get();
    target->loop.post([target, snapshot] { target->snapshot = snapshot; });
  }
}

Task<void> Gateway::handle(net::Exchange& exchange) {
  LoopServices& services = *services_[exchange.loop().index()];
  const net::Request& request = exchange.request();
  const std::string_view path = request.path();
  std::string_view allowed;
  for (const Route& route : kRoutes) {
    if (route.prefix ? !path.starts_with(route.path) : path != route.path) continue;
    if (request.method() != route.method) {
      allowed = route.method;
      break;
    }
    co_await route.endpoint(exchange, services);
    co_return;
  }
  if (path == "/healthz" || path == "/readyz") {
    co_await serve_health(exchange, path == "/readyz");
    co_return;
  }
  if (path == "/metrics") {
    co_await serve_metrics(exchange, services);
    co_return;
  }
  if (parts_.admin && path.starts_with("/admin/")) {
    co_await parts_.admin(exchange);
    co_return;
  }
  net::Response response = error_response(
      allowed.empty() ? unknown_path(path) : wrong_method(allowed), dialect_of(request));
  if (!allowed.empty()) response.headers.add("allow", allowed);
  co_await exchange.respond(std::move(response));
}

Task<void> Gateway::serve_health(net::Exchange& exchange, bool ready_only) {
  const bool ready = ready_.load(std::memory_order_relaxed);
  const bool storing = parts_.admission.healthy();
  net::Response response;
  response.headers.add("content-type", "application/json");
  if (ready_only && !(ready && storing)) {
    response.status = 503;
    response.body = ready ? R"({"status":"journal_unavailable"})" : R"({"status":"not_ready"})";
  } else {
    response.body = R"({"status":"ok"})";
  }
  co_await exchange.respond(std::move(response));
}

Task<void> Gateway::serve_metrics(net::Exchange& exchange, LoopServices& services) {
  // Figures name tenants: only who runs the machine, or holds an admin key, may read them.
  if (!is_loopback(exchange.request().peer_address())) {
    std::string_view key = exchange.request().header("authorization");
    if (key.starts_with("Bearer ")) key.remove_prefix(7);
    Result<admission::Principal> principal =
        services.admission.authenticate(key, exchange.request().peer_address());
    if (!principal || !principal->has_role(admission::Role::admin)) {
      Refusal refusal;
      refusal.kind = ErrorKind::authentication;
      refusal.code = "admin_key_required";
      refusal.message = "Metrics need an admin key from other hosts than this one.";
      net::Response response = error_response(refusal, api::Dialect::openai);
      co_await exchange.respond(std::move(response));
      co_return;
    }
  }
  net::Response response;
  std::function<void()> scrape = [this, &response] {
    response.body = parts_.settlement.scrape();
    if (parts_.more_metrics) parts_.more_metrics(response.body);
  };
  Result<void> ran = co_await services.workers.run(std::move(scrape));
  if (!ran) {
    response = error_response(ran.error(), api::Dialect::openai);
  } else {
    response.headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
  }
  co_await exchange.respond(std::move(response));
}

}  // namespace gatehouse::gateway
