#include "gateway/gateway.h"

#include <array>
#include <string_view>
#include <utility>

#include "api/errors.h"
#include "core/ids.h"
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

Refusal not_json(std::string_view type) {
  Refusal refusal;
  refusal.kind = ErrorKind::unsupported;
  refusal.code = "unsupported_media_type";
  refusal.message = "The body's content-type is " + std::string(type.substr(0, 128)) +
                    ", expected application/json.";
  return refusal;
}

Refusal compressed(std::string_view encoding) {
  Refusal refusal;
  refusal.kind = ErrorKind::unsupported;
  refusal.code = "unsupported_content_encoding";
  refusal.message =
      "The body's content-encoding is " + std::string(encoding.substr(0, 128)) + ", expected none.";
  return refusal;
}

bool is_plain(std::string_view encoding) {
  return encoding.empty() || net::same_name(encoding, "identity");
}

/// A body without a type is taken for JSON.
bool is_json(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type.empty() || net::same_name(type, "application/json") ||
         (type.size() > 5 && net::same_name(type.substr(type.size() - 5), "+json"));
}

api::Dialect dialect_of(std::string_view path) {
  return path.starts_with("/v1/messages") ? api::Dialect::anthropic : api::Dialect::openai;
}

/// Anthropic's clients name their dialect on every path.
api::Dialect dialect_of(const net::Request& request) {
  if (!request.header("anthropic-version").empty()) return api::Dialect::anthropic;
  return dialect_of(request.path());
}

net::Response error_response(const Refusal& refusal, api::Dialect dialect,
                             const std::string& id = {}) {
  api::ErrorResponse error = api::render_error(refusal, dialect, id);
  net::Response response;
  response.status = error.status;
  response.headers.add("content-type", "application/json");
  if (!id.empty()) response.headers.add("x-request-id", id);
  if (!id.empty() && dialect == api::Dialect::anthropic) response.headers.add("request-id", id);
  for (const auto& [name, value] : error.headers) response.headers.add(name, value);
  response.body = std::move(error.body);
  return response;
}

constexpr std::chrono::seconds kSettleFailedEvery{5};

/// Ends with its loop.
Task<void> settle_failed(net::Loop& loop, settlement::LoopSettlement& settlement) {
  while (true) {
    co_await loop.sleep_for(kSettleFailedEvery);
    settlement.settle_failed();
  }
}

}  // namespace

net::Response render_plain_error(int status, const Refusal& refusal, std::string_view target) {
  // No request came of it, so no loop is asked for an id; it is for the client's support alone.
  const std::string id = make_id("req_", Clock::system(), Random::system());
  net::Response response = error_response(refusal, dialect_of(target), id);
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
    loop.spawn(settle_failed(loop, parts_.settlement.loop(i)));
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
  for (const Route& route : kRoutes) {
    if (route.prefix ? !path.starts_with(route.path) : path != route.path) continue;
    if (request.method() != route.method) {
      co_await turn_away(exchange, wrong_method(route.method), {"allow", route.method});
    } else if (route.method == "POST" && !is_json(request.header("content-type"))) {
      co_await turn_away(exchange, not_json(request.header("content-type")));
    } else if (route.method == "POST" && !is_plain(request.header("content-encoding"))) {
      co_await turn_away(exchange, compressed(request.header("content-encoding")),
                         {"accept-encoding", "identity"});
    } else {
      co_await route.endpoint(exchange, services);
    }
    co_return;
  }
  if (path == "/healthz" || path == "/readyz" || path == "/metrics") {
    if (request.method() != "GET" && request.method() != "HEAD") {
      co_await turn_away(exchange, wrong_method("GET"), {"allow", "GET, HEAD"});
    } else if (path == "/metrics") {
      co_await serve_metrics(exchange, services);
    } else {
      co_await serve_health(exchange, path == "/readyz");
    }
    co_return;
  }
  if (parts_.admin && path.starts_with("/admin/")) {
    co_await parts_.admin(exchange);
    co_return;
  }
  co_await turn_away(exchange, unknown_path(path));
}

Task<void> Gateway::turn_away(net::Exchange& exchange, Refusal refusal, net::Header remedy) {
  net::Response response =
      error_response(refusal, dialect_of(exchange.request()), exchange.loop().ids().make("req_"));
  if (!remedy.name.empty()) response.headers.add(remedy.name, remedy.value);
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
    const net::Request& request = exchange.request();
    const std::string_view key =
        admission::presented_key(request.header("authorization"), request.header("x-api-key"));
    Result<admission::Principal> principal =
        services.admission.authenticate(key, request.peer_address());
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
