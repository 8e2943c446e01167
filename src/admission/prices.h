#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "admission/specs.h"
#include "core/money.h"

namespace gatehouse::admission {

/// Tokens that a request used. `input` includes `cached_input` and `cache_write_input`, whatever
/// the provider's dialect says (translate at the edge), so that no token is billed twice.
struct Usage {
  int64_t input = 0;
  int64_t cached_input = 0;
  int64_t output = 0;
  int64_t cache_write_input = 0;
  int64_t total() const { return input + output; }
};

struct ModelPrice {
  Price input;
  Price cached_input;
  Price cache_write_input;
  Price output;
  /// Exact, rounded up to the next nano-dollar once per request; stops at `Money::max()`.
  /// Negative counts are taken as 0, and `cached_input` and `cache_write_input` as at most `input`
  /// together.
  Money cost(const Usage& usage) const;
  /// The most that input and output of these counts can cost: nobody knows before the call which of
  /// its input the upstream will read from its cache, or write there.
  Money most(int64_t input_tokens, int64_t output_tokens) const;
};

/// Prices by upstream, model and date. Immutable: safe to read from any thread.
class PriceTable {
 public:
  PriceTable() = default;
  explicit PriceTable(const std::vector<PriceSpec>& specs);

  /// The entry with the latest `from` that is not after `at`. The upstream's exact model name wins
  /// over its longest matching pattern, which wins over the entries of upstream "*". Null if none.
  const ModelPrice* find(std::string_view upstream, std::string_view model, WallTime at) const;
  bool empty() const { return upstreams_.empty(); }

 private:
  struct Dated {
    WallTime from;
    ModelPrice price;
  };
  struct Pattern {
    std::string beginning;
    std::vector<Dated> entries;
  };
  struct StringHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Upstream {
    std::unordered_map<std::string, std::vector<Dated>, StringHash, std::equal_to<>> exact;
    std::vector<Pattern> patterns;  // longest first
  };
  static const ModelPrice* at_date(const std::vector<Dated>& entries, WallTime at);
  const ModelPrice* find_in(std::string_view upstream, std::string_view model, WallTime at) const;

  std::unordered_map<std::string, Upstream, StringHash, std::equal_to<>> upstreams_;
};

/// What a request can use at most, before its tokens are counted.
struct TokenBound {
  int64_t input = 0;
  int64_t output = 0;
  int64_t total() const { return input + output; }
};

/// A bound on a request's tokens from lengths alone (no tokeniser on an event loop).
///
/// Input: one token a byte of the request's body. A byte-level BPE or byte-fallback tokeniser never
/// makes more than one token of a byte, JSON escapes only make the body longer than the text in it,
/// and the JSON around a message ({"role":"","content":""}) is longer than the markers that a chat
/// template puts there. Added are `kTemplateTokens` for what a template or the gateway puts before
/// the first message, and `kImageTokens` for each image or file part, whose size its URL does not
/// tell. Typical text is three to five bytes a token, so the bound is three to five times too high
/// for as long as the request runs, and then given back.
/// Output: `max_tokens` for each of `n` choices.
TokenBound upper_bound(int64_t body_bytes, int64_t media_parts, int64_t max_tokens, int64_t n);
inline constexpr int64_t kTemplateTokens = 64;
inline constexpr int64_t kImageTokens = 4096;

/// The likely size of the same request, for tokens-per-minute limits, where a bound would shut out
/// callers for nothing: a quarter of the body's bytes, and the output bound.
int64_t estimate_tokens(int64_t body_bytes, int64_t media_parts, int64_t max_tokens, int64_t n);

}  // namespace gatehouse::admission
