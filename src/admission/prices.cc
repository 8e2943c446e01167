#include "admission/prices.h"

#include <algorithm>

namespace gatehouse::admission {
namespace {

constexpr int64_t kTokensPerPrice = 1'000'000;
/// More bytes or tokens than any request has; keeps products within 64 bits.
constexpr int64_t kMaxTokens = int64_t{1} << 40;

__extension__ using Wide = __int128;

int64_t clamped(int64_t tokens) {
  return std::clamp<int64_t>(tokens, 0, kMaxTokens);
}

}  // namespace

Money ModelPrice::cost(const Usage& usage) const {
  const int64_t in = clamped(usage.input);
  const int64_t cached = std::min(clamped(usage.cached_input), in);
  const int64_t written = std::min(clamped(usage.cache_write_input), in - cached);
  const int64_t out = clamped(usage.output);
  // Below 4 * 2^40 * 2^63: far from the end of 128 bits.
  const Wide sum = Wide{in - cached - written} * input.nanos_per_million +
                   Wide{cached} * cached_input.nanos_per_million +
                   Wide{written} * cache_write_input.nanos_per_million +
                   Wide{out} * output.nanos_per_million;
  const Wide nanos = (sum + kTokensPerPrice - 1) / kTokensPerPrice;
  return nanos > Money::max().nanos ? Money::max() : Money{static_cast<int64_t>(nanos)};
}

Money ModelPrice::most(int64_t input_tokens, int64_t output_tokens) const {
  ModelPrice dearest = *this;
  dearest.input.nanos_per_million =
      std::max({input.nanos_per_million, cached_input.nanos_per_million,
                cache_write_input.nanos_per_million});
  return dearest.cost({.input = input_tokens, .output = output_tokens});
}

PriceTable::PriceTable(const std::vector<PriceSpec>& specs) {
  for (const PriceSpec& spec : specs) {
    Upstream& upstream = upstreams_[spec.upstream];
    std::vector<Dated>* entries = nullptr;
    if (spec.model.ends_with('*')) {
      const std::string beginning = spec.model.substr(0, spec.model.size() - 1);
      const auto known =
          std::find_if(upstream.patterns.begin(), upstream.patterns.end(),
                       [&](const Pattern& pattern) { return pattern.beginning == beginning; });
      if (known != upstream.patterns.end()) {
        entries = &known->entries;
      } else {
        entries = &upstream.patterns.emplace_back(Pattern{beginning, {}}).entries;
      }
    } else {
      entries = &upstream.exact[spec.model];
    }
    entries->push_back({spec.from,
                        {spec.input, spec.cached_input.value_or(spec.input),
                         spec.cache_write_input.value_or(spec.input), spec.output}});
  }
  const auto by_date = [](const Dated& a, const Dated& b) { return a.from < b.from; };
  for (auto& [name, upstream] : upstreams_) {
    for (auto& [model, entries] : upstream.exact) {
      std::stable_sort(entries.begin(), entries.end(), by_date);
    }
    for (Pattern& pattern : upstream.patterns) {
      std::stable_sort(pattern.entries.begin(), pattern.entries.end(), by_date);
    }
    std::stable_sort(
        upstream.patterns.begin(), upstream.patterns.end(),
        [](const Pattern& a, const Pattern& b) { return a.beginning.size() > b.beginning.size(); });
  }
}

const ModelPrice* PriceTable::at_date(const std::vector<Dated>& entries, WallTime at) {
  for (auto it = entries.rbegin(); it != entries.rend(); ++it) {
    if (it->from <= at) return &it->price;
  }
  return nullptr;
}

const ModelPrice* PriceTable::find_in(std::string_view upstream, std::string_view model,
                                      WallTime at) const {
  const auto known = upstreams_.find(upstream);
  if (known == upstreams_.end()) return nullptr;
  if (const auto exact = known->second.exact.find(model); exact != known->second.exact.end()) {
    if (const ModelPrice* price = at_date(exact->second, at)) return price;
  }
  for (const Pattern& pattern : known->second.patterns) {
    if (!model.starts_with(pattern.beginning)) continue;
    if (const ModelPrice* price = at_date(pattern.entries, at)) return price;
  }
  return nullptr;
}

const ModelPrice* PriceTable::find(std::string_view upstream, std::string_view model,
                                   WallTime at) const {
  if (const ModelPrice* price = find_in(upstream, model, at)) return price;
  return find_in("*", model, at);
}

TokenBound upper_bound(int64_t body_bytes, int64_t media_parts, int64_t max_tokens, int64_t n) {
  TokenBound bound;
  bound.input = clamped(body_bytes) + kTemplateTokens +
                std::clamp<int64_t>(media_parts, 0, 1 << 20) * kImageTokens;
  bound.output =
      std::clamp<int64_t>(max_tokens, 0, int64_t{1} << 32) * std::clamp<int64_t>(n, 1, 1 << 20);
  return bound;
}

int64_t estimate_tokens(int64_t body_bytes, int64_t media_parts, int64_t max_tokens, int64_t n) {
  const TokenBound bound = upper_bound(0, media_parts, max_tokens, n);
  constexpr int64_t kBytesPerToken = 4;
  return clamped(body_bytes) / kBytesPerToken + bound.total() - kTemplateTokens;
}

}  // namespace gatehouse::admission
