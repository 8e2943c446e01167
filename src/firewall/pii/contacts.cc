#include "firewall/pii/contacts.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/percent.h"
#include "firewall/pii/checksum.h"
#include "firewall/pii/national.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kContextReach = 48;
constexpr size_t kLongestLocal = 64;    // RFC 5321
constexpr size_t kLongestDomain = 255;  // RFC 1035

bool is_hex(char c) {
  return hex_value(c) >= 0;
}
bool is_local(char c) {
  return is_ascii_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' ||
         c == '\'' || c == '&' || c == '#';
}

Span read_ipv4(std::string_view text, size_t begin) {
  size_t at = begin;
  for (int part = 0; part < 4; ++part) {
    int value = 0;
    size_t digits = 0;
    while (at < text.size() && is_ascii_digit(text[at]) && digits < 4) {
      value = value * 10 + (text[at] - '0');
      ++at;
      ++digits;
    }
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text[at - digits] == '0'))
      return {};
    if (part < 3 && (at >= text.size() || text[at++] != '.')) return {};
  }
  if (at < text.size() && (is_ascii_alnum(text[at]) || (text[at] == '.' && at + 1 < text.size() &&
                                                        is_ascii_digit(text[at + 1])))) {
    return {};
  }
  return {begin, at, "pii.ipv4", 0.85F, "format"};
}

Span read_ipv6(std::string_view text, size_t begin, size_t end) {
  size_t groups = 0;
  bool gap = false;
  size_t at = begin;
  while (at < end) {
    if (text[at] == ':') {
      if (at + 1 < end && text[at + 1] == ':') {
        if (gap) return {};
        gap = true;
        at += 2;
        continue;
      }
      if (at == begin || at + 1 == end) return {};
      ++at;
      continue;
    }
    const size_t from = at;
    while (at < end && is_hex(text[at])) ++at;
    if (at - from > 4) return {};
    ++groups;
  }
  if (gap ? groups > 7 || groups < 1 : groups != 8) return {};
  return {begin, end, "pii.ipv6", 0.9F, "format"};
}

}  // namespace

bool has_context(std::string_view text, size_t at, std::string_view words) {
  std::array<char, kContextReach> lower;
  std::array<uint8_t, kContextReach> begins;  // where a word could
  const std::string_view near = text.substr(at > kContextReach ? at - kContextReach : 0);
  const size_t reach = std::min(at, kContextReach);
  size_t count = 0;
  for (size_t i = 0; i < reach; ++i) {
    lower[i] = ascii_lower(near[i]);
    const bool inside = i > 0 && is_ascii_letter(near[i - 1]) && is_ascii_letter(near[i]);
    if (!inside) begins[count++] = static_cast<uint8_t>(i);
  }
  const std::string_view before(lower.data(), reach);
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find('|'));
    for (size_t i = 0; i < count; ++i) {
      if (before[begins[i]] == word[0] && before.substr(begins[i]).starts_with(word)) return true;
    }
    words.remove_prefix(std::min(word.size() + 1, words.size()));
  }
  return false;
}

std::string_view phone_words() {
  return "phone|tel|call|mobile|cell|fax|contact|whatsapp|text me|reach|dial|ring "
         "me|sms|telefon|handy|telefono|numero|nr.|hotline|pager|number|office";
}

Span read_email(std::string_view text, size_t at) {
  size_t begin = at;
  while (begin > 0 && at - begin < kLongestLocal && is_local(text[begin - 1])) --begin;
  while (begin < at && !is_ascii_alnum(text[begin]) && text[begin] != '_') ++begin;
  if (begin == at || text[at - 1] == '.') return {};
  // "scheme://user:password@host" holds no address.
  if (begin > 0 && text[begin - 1] == ':' &&
      text.substr(begin > 64 ? begin - 64 : 0, std::min<size_t>(begin, 64)).rfind("://") !=
          text.npos) {
    const std::string_view before =
        text.substr(begin > 64 ? begin - 64 : 0, std::min<size_t>(begin, 64));
    if (before.find(' ', before.rfind("://")) == before.npos) return {};
  }
  size_t end = at + 1;
  size_t last_dot = text.npos;
  while (end < text.size() && end - at < kLongestDomain) {
    const char c = text[end];
    if (c == '.') {
      if (text[end - 1] == '.' || end == at + 1) break;
      last_dot = end;
    } else if (!is_ascii_alnum(c) && c != '-') {
      break;
    }
    ++end;
  }
  while (end > at && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  if (last_dot != text.npos && last_dot >= end) last_dot = text.substr(0, end).rfind('.');
  if (last_dot == text.npos || last_dot <= at || end - last_dot < 3) return {};
  for (size_t i = last_dot + 1; i < end; ++i) {
    if (!is_ascii_letter(text[i])) return {};
  }
  return {begin, end, "pii.email", 0.97F, "format"};
}

Span read_address(std::string_view text, size_t at, size_t floor) {
  size_t run = at;
  while (run < text.size() && is_hex(text[run])) ++run;
  const char next = run < text.size() ? text[run] : ' ';
  if (next == '.' && run - at <= 3) {
    // "v1.2.3.4" and "version 1.2.3.4" are no addresses.
    const bool joined =
        at > 0 && (is_ascii_alnum(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == '-');
    if (joined ||
        has_context(text.substr(0, at), std::min(at, text.size()), "version|release|build"))
      return {};
    return read_ipv4(text, at);
  }
  const bool colon_before = at > floor && text[at - 1] == ':';
  if (next != ':' && next != '-' && !colon_before) return {};
  size_t begin = at;
  while (begin > floor && (is_hex(text[begin - 1]) || text[begin - 1] == ':') && at - begin < 40)
    --begin;
  if (begin > 0 && is_ascii_alnum(text[begin - 1])) return {};
  size_t end = at;
  while (end < text.size() && (is_hex(text[end]) || text[end] == ':') && end - begin < 48) ++end;
  // MAC: six pairs with one separator.
  const char sign = next == '-' ? '-' : ':';
  const size_t mac = begin + 17;
  if (mac <= text.size()) {
    bool good = mac == text.size() || !(is_ascii_alnum(text[mac]) || text[mac] == sign);
    for (size_t i = 0; i < 17 && good; ++i)
      good = i % 3 == 2 ? text[begin + i] == sign : is_hex(text[begin + i]);
    if (good) return {begin, mac, "pii.mac", 0.9F, "format"};
  }
  if (end < text.size() && is_ascii_alnum(text[end])) return {};
  if (end > begin && text[end - 1] == ':' && !(end - begin > 1 && text[end - 2] == ':')) --end;
  const std::string_view whole = text.substr(begin, end - begin);
  if (std::count(whole.begin(), whole.end(), ':') < 2) return {};
  const Span found = read_ipv6(text, begin, end);
  // "12:30::" and C++ scopes are no addresses: a shortened one needs a group of three digits or
  // more.
  if (found && whole.find("::") != whole.npos && whole.size() < 6) return {};
  return found;
}

Span read_phone(std::string_view text, size_t at, size_t floor, bool context) {
  size_t begin = at;
  const bool paren = begin > floor && text[begin - 1] == '(';
  if (paren) --begin;
  const bool plus = begin > floor && text[begin - 1] == '+';
  if (plus) --begin;
  if (begin > 0 && (is_ascii_alnum(text[begin - 1]) || text[begin - 1] == '_' ||
                    text[begin - 1] == '$' || text[begin - 1] == '#'))
    return {};
  if (!plus && !paren && begin > 1 &&
      (text[begin - 1] == '.' || text[begin - 1] == ',' || text[begin - 1] == '-' ||
       text[begin - 1] == '/') &&
      is_ascii_digit(text[begin - 2])) {
    return {};
  }
  std::array<uint8_t, 12> groups{};
  size_t count = 0;
  size_t digits = 0;
  size_t signs = 0;
  bool open = paren;
  bool closed = false;
  bool dashes = false;
  size_t slashes = 0;
  size_t end = at;
  // Where the number could end, before the group under way.
  struct {
    size_t end = 0;
    size_t digits = 0;
    size_t count = 0;
  } before;
  size_t i = at;
  while (i < text.size() && digits < 16 && count < groups.size()) {
    const char c = text[i];
    if (is_ascii_digit(c)) {
      if (signs > 0 || digits == 0) {
        before = {end, digits, count};
        ++count;
      }
      ++groups[count - 1];
      ++digits;
      signs = 0;
      end = ++i;
      continue;
    }
    if (c == ')' && open) {
      open = false;
      closed = count == 1;  // an area code
    } else if (c == '(' && !closed) {
      open = true;
    } else if (c != ' ' && c != '-' && c != '.' && c != '/') {
      break;
    }
    dashes |= c == '-';
    slashes += c == '/' ? 1u : 0u;
    if (++signs > 2) break;
    ++i;
  }
  if (open || slashes > 1 || (slashes == 1 && count > 2)) return {};  // dates
  const std::string_view shown = text.substr(at, end - at);
  if (shown.find_first_not_of("01 -.()") == shown.npos) return {};  // binary digits
  const bool goes_on = end + 1 < text.size() &&
                       (text[end] == ' ' || text[end] == '-' || text[end] == '.') &&
                       is_ascii_digit(text[end + 1]);
  // "2-1234" must not be cut out of "2-12345…", nor a number out of a word.
  if (digits == 16 && before.digits >= 7) {
    end = before.end;
    digits = before.digits;
    count = before.count;
  }
  if (end < text.size() && (is_ascii_digit(text[end]) || text[end] == '_')) return {};
  size_t tail = end;
  if (end < text.size() && ascii_lower(text[end]) == 'x') {
    tail = end + 1;
    while (tail < text.size() && is_ascii_digit(text[tail]) && tail - end < 7) ++tail;
    if (tail == end + 1) return {};
  } else if (end < text.size() && is_ascii_letter(text[end])) {
    return {};
  } else if (text.compare(end, 5, " ext ") == 0 || text.compare(end, 5, " ext.") == 0 ||
             text.compare(end, 2, " x") == 0) {
    size_t number = end;
    while (number < text.size() && !is_ascii_digit(text[number]) && number - end < 7) ++number;
    size_t stop = number;
    while (stop < text.size() && is_ascii_digit(text[stop]) && stop - number < 6) ++stop;
    if (stop > number) tail = stop;
  }
  const auto is = [&](std::initializer_list<uint8_t> shape) {
    return count == shape.size() && std::equal(shape.begin(), shape.end(), groups.begin());
  };
  const bool extension = tail > end;
  Span found{begin, tail, "pii.phone", 0.85F, "format"};
  if (plus) return digits >= 8 && digits <= 15 ? found : Span{};
  const bool nanp = is({3, 3, 4}) || is({1, 3, 3, 4}) || is({3, 3, 3, 4});
  if (is({2, 3, 3, 4})) return found;
  if (nanp && (is({3, 3, 4}) || text[at] == '1' || text[at] == '0')) return found;
  if (goes_on && !context) return {};  // a row of numbers
  if (paren && closed && groups[0] <= 5 && digits >= 8 && digits <= 12) return found;
  if (extension && digits >= 7) return found;
  const bool row = !paren && begin > 1 && text[begin - 1] == ' ' && is_ascii_digit(text[begin - 2]);
  const bool trunk = !row && text[at] == '0' && groups[0] >= 2 && groups[0] <= 5;
  if (trunk && text[at + 1] == '0' && count >= 2 && digits >= 10 && digits <= 15) return found;
  if (trunk && text[at + 1] != '0' && digits >= 8 && digits <= 12 &&
      (count >= 3 || (count == 2 && digits >= 9)) &&
      !(dashes && count == 3 && groups[0] == 2 && groups[1] == 2)) {
    return found;
  }
  if (context && digits >= 7 && digits <= 15) {
    found.evidence = "context";
    found.score = 0.8F;
    return found;
  }
  return {};
}

Span read_iban(std::string_view text, size_t at) {
  if (at + 15 > text.size()) return {};
  std::string country{ascii_upper(text[at]), ascii_upper(text[at + 1])};
  const unsigned length = iban_length(country);
  if (length == 0 || !is_ascii_digit(text[at + 2]) || !is_ascii_digit(text[at + 3])) return {};
  std::string compact;
  size_t i = at;
  char separator = '\0';
  while (i < text.size() && compact.size() < length) {
    const char c = text[i];
    if (is_ascii_alnum(c)) {
      compact.push_back(ascii_upper(c));
      ++i;
    } else if ((c == ' ' || c == '-') && compact.size() % 4 == 0 && !compact.empty() &&
               (separator == '\0' || separator == c)) {
      separator = c;
      ++i;
    } else {
      return {};
    }
  }
  if (compact.size() != length || (i < text.size() && is_ascii_alnum(text[i]))) return {};
  if (checksum::mod97(compact.substr(4) + compact.substr(0, 4)) != 1) return {};
  return {at, i, "pii.iban", 0.98F, "checksum"};
}

}  // namespace gatehouse::firewall
