#include "gateway/limit_headers.h"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::gateway {
namespace {

struct Names {
  std::string_view limit;
  std::string_view remaining;
  std::string_view reset;
};
constexpr Names kOpenAiRequests = {"x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
                                   "x-ratelimit-reset-requests"};
constexpr Names kOpenAiTokens = {"x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens",
                                 "x-ratelimit-reset-tokens"};
constexpr Names kAnthropicRequests = {"anthropic-ratelimit-requests-limit",
                                      "anthropic-ratelimit-requests-remaining",
                                      "anthropic-ratelimit-requests-reset"};
constexpr Names kAnthropicTokens = {"anthropic-ratelimit-tokens-limit",
                                    "anthropic-ratelimit-tokens-remaining",
                                    "anthropic-ratelimit-tokens-reset"};

using Figure = std::optional<admission::LimitFigures::Figure>;

void add(net::Headers& headers, const Names& names, const Figure& figure, const Clock* clock) {
  if (!figure) return;
  headers.add(names.limit, figure->limit);
  headers.add(names.remaining, figure->remaining);
  if (clock == nullptr) {
    headers.add(names.reset, admission::format_reset(figure->reset));
    return;
  }
  std::string reset;
  append_rfc3339(reset,
                 clock->wall() + std::chrono::ceil<std::chrono::milliseconds>(figure->reset));
  headers.add(names.reset, reset);
}

}  // namespace

void add_limit_headers(net::Headers& headers, api::Dialect dialect,
                       const admission::LimitFigures& figures, const Clock& clock) {
  const bool anthropic = dialect == api::Dialect::anthropic;
  const Clock* const absolute = anthropic ? &clock : nullptr;
  add(headers, anthropic ? kAnthropicRequests : kOpenAiRequests, figures.requests, absolute);
  add(headers, anthropic ? kAnthropicTokens : kOpenAiTokens, figures.tokens, absolute);
}

}  // namespace gatehouse::gateway
