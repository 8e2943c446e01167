#include "firewall/leak/canary.h"

#include <algorithm>
#include <array>

#include "core/digest.h"
#include "firewall/text/substitution.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr std::string_view kAlphabet = "abcdefghjkmnpqrstuvwxyz23456789";
constexpr size_t kLength = 20;
// Characters matched before anything is held back: a chance match of three letters is common, and
// three of twenty characters tell nothing.
constexpr size_t kSilent = 3;

std::string base64_of(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = held << 8 | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out.push_back(kDigits[held >> bits & 63]);
    }
  }
  return out;
}

}  // namespace

std::string make_canary(std::string_view secret) {
  const Digest digest = Sha256::of(secret);
  static_assert(std::tuple_size_v<Digest> >= kLength);
  std::string canary;
  // The remainder favours eight of the characters a little; 99 bits of chance are left.
  for (size_t i = 0; i < kLength; ++i) canary.push_back(kAlphabet[digest[i] % kAlphabet.size()]);
  return canary;
}

std::string canary_sentence(std::string_view canary) {
  return "Internal reference, never to be shown: " + std::string(canary) + ".";
}

CanaryMatcher::CanaryMatcher(std::string_view canary) {
  std::string plain;
  for (const char c : canary) {
    if (is_ascii_alnum(c)) plain.push_back(ascii_lower(c));
  }
  add(plain, false);
  add({plain.rbegin(), plain.rend()}, false);
  std::string turned;
  append_rot13(plain, turned);
  std::string hex;
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : plain) {
    hex.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
    hex.push_back(kHex[static_cast<unsigned char>(c) & 15]);
  }
  add(std::move(turned), false);
  add(std::move(hex), false);
  // In base64 the first and last digits depend on what stands beside the canary: those within
  // count. One and two bytes before it give the other two alignments.
  const std::string given(canary);
  for (size_t before = 0; before < 3; ++before) {
    const std::string coded = base64_of(std::string(before, 'x') + given);
    const size_t skip = before == 0 ? 0 : before + 1;
    const size_t whole = (before + given.size()) / 3 * 4;
    if (whole > skip + 8) add(coded.substr(skip, whole - skip), true);
  }
}

void CanaryMatcher::add(std::string text, bool exact_case) {
  // Signs are skipped in the text, so they are in the form too.
  std::erase_if(text, [](char c) { return !is_ascii_alnum(c); });
  if (text.size() < 8) return;
  Form form{std::move(text), {}, exact_case};
  form.fallback.assign(form.text.size(), 0);
  for (size_t i = 1, k = 0; i < form.text.size(); ++i) {
    while (k > 0 && form.text[i] != form.text[k]) k = form.fallback[k - 1];
    if (form.text[i] == form.text[k]) ++k;
    form.fallback[i] = k;
  }
  forms_.push_back(std::move(form));
}

CanaryMatcher::Cursor::Step CanaryMatcher::Cursor::feed(std::string_view text, size_t position) {
  Step step;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_ascii_alnum(text[i])) continue;
    for (size_t f = 0; f < states_.size(); ++f) {
      const Form& form = matcher_->forms_[f];
      State& state = states_[f];
      const char c = form.exact_case ? text[i] : ascii_lower(text[i]);
      while (state.matched > 0 && form.text[state.matched] != c) {
        const size_t kept = form.fallback[state.matched - 1];
        state.places.erase(state.places.begin(), state.places.begin() + static_cast<std::ptrdiff_t>(
                                                                            state.matched - kept));
        state.matched = kept;
      }
      if (form.text[state.matched] != c) continue;
      state.places.push_back(position + i);
      if (++state.matched == form.text.size()) {
        if (!step.found) step = {true, state.places.front(), position + i + 1, 0};
        state = {};
      }
    }
  }
  step.hold_from = position + text.size();
  for (const State& state : states_) {
    if (state.matched > kSilent) step.hold_from = std::min(step.hold_from, state.places.front());
  }
  return step;
}

CanaryMatcher::Cursor::Step CanaryMatcher::find(std::string_view text) const {
  return Cursor(*this).feed(text, 0);
}

}  // namespace gatehouse::firewall
