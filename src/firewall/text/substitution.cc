#include "firewall/text/substitution.h"

#include <algorithm>
#include <cmath>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

// Of a thousand letters of English prose (Lewand, "Cryptological Mathematics", 2000).
constexpr std::array<float, 26> kPerMille = {
    81.7F, 14.9F, 27.8F, 42.5F, 127.0F, 22.3F, 20.2F, 60.9F, 69.7F, 1.5F,  7.7F, 40.3F, 24.1F,
    67.5F, 75.1F, 19.3F, 1.0F,  59.9F,  63.3F, 90.6F, 27.6F, 9.8F,  23.6F, 1.5F, 19.7F, 0.7F};

Alphabet moved_by(size_t places) {
  Alphabet alphabet;
  for (size_t i = 0; i < 26; ++i) alphabet[i] = static_cast<char>('a' + (i + places) % 26);
  return alphabet;
}

Alphabet turned_round() {
  Alphabet alphabet;
  for (size_t i = 0; i < 26; ++i) alphabet[i] = static_cast<char>('z' - i);
  return alphabet;
}

/// The log of how likely the letters are, but for a constant.
float likelihood(const std::array<uint32_t, 26>& counts, const Alphabet& alphabet) {
  static const std::array<float, 26> logs = [] {
    std::array<float, 26> made{};
    std::transform(kPerMille.begin(), kPerMille.end(), made.begin(),
                   [](float share) { return std::log(share); });
    return made;
  }();
  float sum = 0;
  for (size_t i = 0; i < 26; ++i) {
    sum += static_cast<float>(counts[i]) * logs[static_cast<size_t>(alphabet[i] - 'a')];
  }
  return sum;
}

}  // namespace

std::optional<Alphabet> guess_alphabet(const std::array<uint32_t, 26>& counts) {
  float best = likelihood(counts, moved_by(0));
  std::optional<Alphabet> found;
  const auto consider = [&](const Alphabet& alphabet) {
    const float likely = likelihood(counts, alphabet);
    if (likely <= best) return;
    best = likely;
    found = alphabet;
  };
  for (size_t places = 1; places < 26; ++places) consider(moved_by(places));
  consider(turned_round());
  return found;
}

void append_substituted(std::string_view text, const Alphabet& alphabet, std::string& out) {
  for (const char c : text) {
    if (is_ascii_lower(c)) {
      out.push_back(alphabet[static_cast<size_t>(c - 'a')]);
    } else if (is_ascii_upper(c)) {
      out.push_back(ascii_upper(alphabet[static_cast<size_t>(c - 'A')]));
    } else {
      out.push_back(c);
    }
  }
}

void append_rot13(std::string_view text, std::string& out) {
  static const Alphabet moved = moved_by(13);
  append_substituted(text, moved, out);
}

void append_reversed(std::string_view text, std::string& out) {
  size_t end = text.size();
  while (end > 0) {
    size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80)
      --begin;
    out.append(text, begin, end - begin);
    end = begin;
  }
}

std::string rot47(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c > ' ' && c < '\x7F') c = static_cast<char>('!' + (c - '!' + 47) % 94);
  }
  return out;
}

bool looks_like_rot47(std::string_view text) {
  constexpr size_t kFewest = 20;
  size_t printed = 0;
  size_t small = 0;  // of what stands for small letters
  size_t signs = 0;  // those among them that are no letters and no digits
  for (const char c : text) {
    printed += c > ' ' ? 1u : 0u;
    small += c >= '2' && c <= 'K' ? 1u : 0u;
    signs += c >= ':' && c <= '@' ? 1u : 0u;
  }
  return printed >= kFewest && small * 10 >= printed * 7 && signs * 10 >= printed;
}

}  // namespace gatehouse::firewall
