#include "firewall/text/leet.h"

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr std::string_view kSigns = "430157@$!|";
constexpr std::string_view kLetters = "aeoistasil";

}  // namespace

unsigned leet_letters(std::string_view token) {
  if (token.size() < 4) return 0;
  unsigned found = 0;
  size_t digits = 0;
  for (size_t i = 0; i < token.size(); ++i) {
    if (is_ascii_letter(token[i])) continue;
    if (kSigns.find(token[i]) == kSigns.npos) return 0;
    ++digits;
    found += i + 1 < token.size() && is_ascii_letter(token[i + 1]) ? 1 : 0;
  }
  return digits <= 3 * (token.size() - digits) ? found : 0;
}

std::string without_leet(std::string_view token) {
  std::string letters(token);
  for (char& c : letters) {
    if (is_ascii_letter(c)) continue;
    const size_t at = kSigns.find(c);
    if (at == kSigns.npos) return {};
    c = kLetters[at];
  }
  return letters;
}

}  // namespace gatehouse::firewall
