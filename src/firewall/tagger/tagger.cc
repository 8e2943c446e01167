#include "firewall/tagger/tagger.h"

#include <algorithm>
#include <array>

#include "firewall/text/views.h"

namespace gatehouse::firewall::tagger {
namespace {

constexpr size_t kTag1 = static_cast<size_t>(Tag::name_begin);

bool is_name(Tag tag) {
  return tag == Tag::name_begin || tag == Tag::name_inside;
}

bool is_beginning(Tag tag) {
  return tag == Tag::name_begin || tag == Tag::address_begin;
}

bool is_sign(const Token& token) {
  return token.shape >= Shape::newline;
}

std::vector<Token>& thread_tokens() {
  thread_local std::vector<Token> tokens;
  return tokens;
}

/// An address without a number, or with nothing else, is none that a letter would reach.
bool is_address(std::span<const Token> span) {
  bool number = false;
  bool word = false;
  for (const Token& token : span) {
    number |= token.shape >= Shape::digit1 && token.shape <= Shape::numbered;
    word |=
        token.shape >= Shape::lower && token.shape < Shape::digit1 && token.end - token.begin > 1;
  }
  return number && word;
}

/// How sure the model is of a span: the mean over its tokens that they are of its kind.
float certainty(std::span<const Chain::Scores> marginals, bool name) {
  const size_t begin = name ? kTag1 : kTag1 + 2;
  float total = 0;
  for (const Chain::Scores& at : marginals) total += at[begin] + at[begin + 1];
  return total / static_cast<float>(marginals.size());
}

}  // namespace

void Tagger::scan(std::string_view text, Wanted wanted, Findings& out) const {
  if (wanted) run(text, wanted, false, out);
}

size_t Tagger::scan_growing(std::string_view text, Wanted wanted, Findings& out) const {
  return wanted ? run(text, wanted, true, out) : text.size();
}

void Tagger::scan(const Normalised& text, Wanted wanted, Findings& out) const {
  scan_clean_views(text, out,
                   [&](std::string_view view, Findings& found) { scan(view, wanted, found); });
}

size_t Tagger::run(std::string_view text, Wanted wanted, bool growing, Findings& out) const {
  std::vector<Token>& tokens = thread_tokens();
  split_tokens(text, tokens);
  // Tokens before this one will not change, whatever follows.
  size_t settled = tokens.size() - kEdges;
  if (settled > kEdges) --settled;
  while (settled > kEdges && tokens[settled - 1].end + kSettledBehind > text.size()) --settled;
  size_t hold = settled + kEdges < tokens.size() ? tokens[settled].begin : text.size();
  for_each_run(tokens, [&](size_t first, size_t last, bool anchored) {
    // A run is decided once the two tokens behind it are: its last token looks at them.
    if (last + 2 > settled) hold = std::min<size_t>(hold, tokens[first].begin);
    if (anchored) tag(text, std::span(tokens).subspan(first, last - first), wanted, out);
  });
  return growing ? hold : text.size();
}

Chain::Scores Tagger::score(const Token* token) const {
  Features features;
  extract(token, features);
  // Two sums of two 16-bit lanes each; kFeatures × 255 fits.
  static_assert(kFeatures * 255 < 65536);
  uint32_t even = 0;
  uint32_t odd = 0;
  for (const uint32_t bucket : features) {
    const uint32_t weights = table_[bucket];
    even += weights & 0x00FF00FFU;
    odd += (weights >> 8U) & 0x00FF00FFU;
  }
  const auto value = [&](uint32_t lane) {
    return (static_cast<float>(lane & 0xFFFFU) - 128.0F * kFeatures) * scale_;
  };
  return {0, value(even), value(odd), value(even >> 16U), value(odd >> 16U)};
}

void Tagger::tag(std::string_view text, std::span<const Token> run, Wanted wanted,
                 Findings& out) const {
  std::array<Chain::Scores, Chain::kLongest> scores;
  std::array<Tag, Chain::kLongest> tags;
  for (size_t i = 0; i < run.size(); ++i) scores[i] = score(run.data() + i);
  const std::span<const Chain::Scores> seen(scores.data(), run.size());
  if (chain_.surely_outside(seen)) return;
  chain_.best(seen, std::span(tags.data(), run.size()));
  if (std::all_of(tags.begin(), tags.begin() + static_cast<std::ptrdiff_t>(run.size()),
                  [](Tag tag) { return tag == Tag::outside; })) {
    return;
  }
  std::array<Chain::Scores, Chain::kLongest> marginals;
  chain_.marginals(seen, std::span(marginals.data(), run.size()));
  for (size_t i = 0; i < run.size();) {
    if (tags[i] == Tag::outside) {
      ++i;
      continue;
    }
    const bool name = is_name(tags[i]);
    size_t first = i++;
    while (i < run.size() && tags[i] != Tag::outside && !is_beginning(tags[i])) ++i;
    size_t last = i;
    if (name ? !wanted.names : !wanted.addresses) continue;
    while (last > first && is_sign(run[last - 1])) --last;
    while (first < last && is_sign(run[first])) ++first;
    if (first == last || (!name && !is_address(run.subspan(first, last - first)))) continue;
    const float score = certainty(std::span(marginals).subspan(first, last - first), name);
    out.push_back({Category::pii, name ? kNameRule : kAddressRule, run[first].begin,
                   std::min(run[last - 1].end, static_cast<uint32_t>(text.size())), score,
                   "tagger"});
  }
}

}  // namespace gatehouse::firewall::tagger
