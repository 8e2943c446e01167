#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "admission/limits.h"

namespace gatehouse::admission {
namespace {

/// How soon a caller that found every place taken should ask again: no clock tells when a request
/// in flight ends.
constexpr std::chrono::milliseconds kConcurrencyRetry{500};

Refusal limited(std::string_view whose, std::string_view code, std::string_view what, int64_t limit,
                Nanos wait) {
  Refusal refusal;
  refusal.kind = ErrorKind::rate_limited;
  refusal.layer = Layer::admission;
  refusal.code = std::string(code);
  refusal.message = fmt::format("Rate limit reached for this {}: {} {}.", whose, limit, what);
  refusal.reason = fmt::format("{} of the {}: limit {}", code, whose, limit);
  if (limit > 0) {
    // Rounded up: a retry at exactly that time must find room.
    refusal.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
    refusal.message += fmt::format(" Please try again in {}.", format_reset(wait));
  }
  return refusal;
}

void tighten(std::optional<LimitFigures::Figure>& figure, int64_t limit, int64_t remaining,
             Nanos reset) {
  if (!figure || remaining < figure->remaining) figure = {limit, remaining, reset};
}

void add_figures(LimitFigures& figures, const LimitState& state, const LimitSpec& limits,
                 SteadyTime now) {
  if (const auto limit = limits.requests_per_minute; limit && *limit > 0) {
    tighten(figures.requests, *limit, state.requests.remaining(*limit, now),
            state.requests.until_full(now));
  }
  if (const auto limit = limits.tokens_per_minute; limit && *limit > 0) {
    tighten(figures.tokens, *limit, state.tokens.remaining(*limit, now),
            state.tokens.until_full(now));
  }
}

}  // namespace

/// Takes a place at one owner, all three limits or none.
std::optional<Refusal> Permit::enter(Place& place, LimitState& state, const LimitSpec& limits,
                                     std::string_view whose, int64_t estimate, SteadyTime now) {
  if (limits.max_concurrency && !state.concurrency.enter(*limits.max_concurrency)) {
    return limited(whose, "max_concurrency", "requests at a time", *limits.max_concurrency,
                   kConcurrencyRetry);
  }
  place.state = &state;
  place.counted = limits.max_concurrency.has_value();
  if (const auto limit = limits.requests_per_minute) {
    const auto wait = *limit > 0 ? state.requests.take(1, *limit, now) : Nanos{0};
    if (wait) {
      leave(place, 0, now);
      return limited(whose, "requests_per_minute", "requests a minute", *limit, *wait);
    }
  }
  if (const auto limit = limits.tokens_per_minute) {
    const int64_t held = std::clamp<int64_t>(estimate, 0, *limit);
    const auto wait = *limit > 0 ? state.tokens.hold(held, *limit, now) : Nanos{0};
    if (wait) {
      if (limits.requests_per_minute) state.requests.give_back(1, *limits.requests_per_minute);
      leave(place, 0, now);
      return limited(whose, "tokens_per_minute", "tokens a minute", *limit, *wait);
    }
    place.held_tokens = held;
    place.token_limit = *limit;
  }
  return std::nullopt;
}

void Permit::leave(Place& place, int64_t used_tokens, SteadyTime now) {
  if (place.state == nullptr) return;
  if (place.token_limit > 0) {
    place.state->tokens.settle(place.held_tokens, used_tokens, place.token_limit, now);
  }
  if (place.counted) place.state->concurrency.leave();
  place = {};
}

Permit::Permit(Permit&& other) noexcept
    : places_{std::exchange(other.places_[0], {}), std::exchange(other.places_[1], {})},
      clock_(std::exchange(other.clock_, nullptr)),
      owner_(std::move(other.owner_)),
      figures_(other.figures_) {}

Permit& Permit::operator=(Permit&& other) noexcept {
  if (this == &other) return *this;
  finish(0);
  places_[0] = std::exchange(other.places_[0], {});
  places_[1] = std::exchange(other.places_[1], {});
  clock_ = std::exchange(other.clock_, nullptr);
  owner_ = std::move(other.owner_);
  figures_ = other.figures_;
  return *this;
}

void Permit::finish(int64_t used_tokens) {
  if (clock_ == nullptr) return;
  const SteadyTime now = std::exchange(clock_, nullptr)->steady();
  leave(places_[0], used_tokens, now);
  leave(places_[1], used_tokens, now);
  owner_.reset();
}

Result<Permit> admit(LimitState& key, const LimitSpec& key_limits, LimitState& tenant,
                     const LimitSpec& tenant_limits, std::shared_ptr<const void> owner,
                     int64_t estimated_tokens, const Clock& clock) {
  const SteadyTime now = clock.steady();
  Permit permit;
  permit.clock_ = &clock;
  if (auto refusal =
          Permit::enter(permit.places_[0], key, key_limits, "key", estimated_tokens, now)) {
    return refuse(std::move(*refusal));
  }
  if (auto refusal = Permit::enter(permit.places_[1], tenant, tenant_limits, "tenant",
                                   estimated_tokens, now)) {
    if (const auto limit = key_limits.requests_per_minute) key.requests.give_back(1, *limit);
    return refuse(std::move(*refusal));  // the permit gives back the key's other places
  }
  permit.owner_ = std::move(owner);
  add_figures(permit.figures_, key, key_limits, now);
  add_figures(permit.figures_, tenant, tenant_limits, now);
  return permit;
}

}  // namespace gatehouse::admission
