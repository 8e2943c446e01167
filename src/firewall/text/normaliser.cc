#include "firewall/text/normaliser.h"

#include <algorithm>
#include <array>
#include <memory>

#include "firewall/text/encoded.h"
#include "firewall/text/undo.h"

namespace gatehouse::firewall {
namespace {

constexpr std::array<std::string_view, kDecodingCount> kDecodingNames = {
    "hidden:tag",           "hidden:selector",     "hidden:zero-width", "decoded:base64",
    "decoded:base32",       "decoded:ascii85",     "decoded:hex",       "decoded:decimal",
    "decoded:percent",      "decoded:html",        "decoded:escapes",   "decoded:rot13",
    "decoded:substitution", "decoded:uuencode",    "decoded:morse",     "decoded:binary",
    "decoded:reversed",     "decoded:upside-down", "hidden:comment",    "hidden:markup"};

// A child's own children stand where it stands: offsets inside a decoded text mean nothing outside.
void adopt(const Child& parent, Normalised& inner, Normalised& out,
           const NormaliserLimits& limits) {
  const uint32_t begin = parent.begin;
  const uint32_t end = parent.end;
  const auto depth = static_cast<uint8_t>(parent.depth + 1);
  for (Child& child : inner.children) {
    if (depth > limits.max_depth || out.children.size() >= limits.max_children) return;
    child.begin = begin;
    child.end = end;
    child.depth = depth;
    out.children.push_back(std::move(child));
  }
}

void add_evidence(Evidence& sum, const Evidence& more) {
  sum.invisible_in_word += more.invisible_in_word;
  sum.bidi += more.bidi;
  sum.styled += more.styled;
  sum.turned += more.turned;
  sum.tags += more.tags;
  sum.selectors += more.selectors;
  sum.mixed_words += more.mixed_words;
  sum.leet_words += more.leet_words;
  sum.scrambled_words += more.scrambled_words;
  sum.spaced_words += more.spaced_words;
  sum.stretched_words += more.stretched_words;
  sum.joined_words += more.joined_words;
}

}  // namespace

std::string_view to_string(Decoding decoding) {
  return kDecodingNames[static_cast<size_t>(decoding)];
}

float Evidence::score(size_t text_bytes) const {
  // Tricks that have hardly an honest use weigh most; each counts per hundred bytes of text, so
  // that one odd character in a long document is nothing.
  const float per_hundred = 100.0F / static_cast<float>(std::max<size_t>(text_bytes, 100));
  const float weight =
      2.0F * static_cast<float>(tags + selectors) +
      1.0F * static_cast<float>(invisible_in_word + bidi * 4 + turned) +
      1.5F * static_cast<float>(mixed_words + leet_words + spaced_words) +
      1.0F * static_cast<float>(scrambled_words + stretched_words + odd_case_words) +
      0.3F * static_cast<float>(styled) + 0.1F * static_cast<float>(marks > 8 ? marks : 0);
  const float density = weight * per_hundred;
  return density / (density + 6.0F);
}

void normalise(std::string_view original, Normalised& out, const NormaliserLimits& limits) {
  clean_text(original, out);
  undo_word_tricks(out);
  find_encoded(out, limits.max_children);
  if (out.children.empty()) return;
  // The inner texts are short-lived; one object per call serves all of them.
  const auto inner = std::make_unique<Normalised>();
  size_t budget = limits.max_expansion * out.original.size() + 1024;
  for (size_t i = 0; i < out.children.size(); ++i) {
    const std::string raw = std::move(out.children[i].clean);
    if (raw.size() > budget) {
      out.children.resize(i);
      break;
    }
    budget -= raw.size();
    clean_text(raw, *inner);
    undo_word_tricks(*inner);
    if (out.children[i].depth < limits.max_depth) find_encoded(*inner, limits.max_children);
    add_evidence(out.evidence, inner->evidence);
    const Child parent = out.children[i];
    adopt(parent, *inner, out, limits);
    Child& child = out.children[i];
    child.clean = std::move(inner->clean);
    child.canonical = inner->undone.empty() ? inner->canonical : std::move(inner->undone);
  }
  out.evidence.children = static_cast<uint32_t>(out.children.size());
}

}  // namespace gatehouse::firewall
