#include "firewall/secrets/readers.h"

#include <algorithm>
#include <array>
#include <string>

#include "firewall/secrets/token_format.h"
#include "firewall/text/encoded.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kLongestKeyBlock = 16 * 1024;
constexpr size_t kFewestKeyLetters = 16;
constexpr std::string_view kEnd = "-----END ";
constexpr size_t kLongestClosing = 65;  // bytes of a closing line
constexpr size_t kLongestToken = 4096;
constexpr size_t kLongestValue = 256;
constexpr size_t kLongestUserInfo = 256;
constexpr size_t kNameReach = 32;  // bytes of a name behind the word in it

using Kind = Reading::Kind;

bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}
bool is_base64(char c) {
  return is_ascii_alnum(c) || c == '+' || c == '/' || c == '=';
}
bool is_base64url(char c) {
  return is_ascii_alnum(c) || c == '-' || c == '_';
}

bool contains_any(std::string_view text, std::string_view set) {
  return text.find_first_of(set) != text.npos;
}

struct Classes {
  unsigned lower = 0;
  unsigned upper = 0;
  unsigned digit = 0;
  unsigned sign = 0;
  unsigned kinds() const {
    return (lower != 0 ? 1u : 0u) + (upper != 0 ? 1u : 0u) + (digit != 0 ? 1u : 0u) +
           (sign != 0 ? 1u : 0u);
  }
};

Classes classes_of(std::string_view text) {
  Classes classes;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') {
      ++classes.lower;
    } else if (c >= 'A' && c <= 'Z') {
      ++classes.upper;
    } else if (is_ascii_digit(c)) {
      ++classes.digit;
    } else {
      ++classes.sign;
    }
  }
  return classes;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii_lower(c);
  return out;
}

// Where the body of a private key that begins before `at` ends: base64 with headers and with
// newlines that may be escaped, up to its closing line.
size_t key_body_end(std::string_view text, size_t at, size_t limit) {
  while (at < limit && (is_base64(text[at]) || is_ascii_space(text[at]) || text[at] == '\\' ||
                        text[at] == ':' || text[at] == ',' || text[at] == '-')) {
    if (text[at] == '-' && text.compare(at, kEnd.size(), kEnd) == 0) break;
    ++at;
  }
  return at;
}

bool holds_key(std::string_view body) {
  size_t letters = 0;
  for (size_t i = 0; i < body.size() && letters < kFewestKeyLetters; ++i) {
    letters += is_base64(body[i]) ? 1u : 0u;
  }
  return letters == kFewestKeyLetters;
}

bool is_jwt_header(std::string_view part) {
  const std::string header = base64_bytes(part);
  return !header.empty() && header[0] == '{' && header.find("\"alg\"") != std::string::npos;
}

}  // namespace

Reading read_private_key(std::string_view text, size_t at, bool goes_on, KeyBody& known) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  if (at < kBegin.size()) return {};
  const size_t begin = at - kBegin.size();
  const Reading open{goes_on ? Kind::open : Kind::none, begin, text.size(), 0.99F};
  // The label: "RSA PRIVATE KEY-----".
  size_t end = at;
  while (end < text.size() && end - at < 40 &&
         (is_ascii_upper(text[end]) || text[end] == ' ' || is_ascii_digit(text[end]))) {
    ++end;
  }
  const std::string_view label = text.substr(at, end - at);
  if (end == text.size()) return open;
  if (label.find("PRIVATE KEY") == label.npos) return {};
  const size_t dashes = std::min(text.find_first_not_of('-', end), text.size());
  if (dashes == text.size() && dashes - end < 5) return open;
  if (dashes - end < 5) return {};
  const size_t limit = std::min(text.size(), begin + kLongestKeyBlock);
  const bool inside = known.begin <= dashes && dashes < known.end;
  const size_t body = key_body_end(text, inside ? known.end : dashes, limit);
  known = {dashes, body};
  const bool enough = holds_key(text.substr(dashes, body - dashes));
  if (body < limit && text.compare(body, kEnd.size(), kEnd) == 0) {
    const size_t closing = text.substr(body, kLongestClosing).find("-----", kEnd.size());
    if (closing == text.npos)
      return {goes_on ? Kind::open : Kind::found, begin, text.size(), 0.99F};
    return {enough ? Kind::found : Kind::none, begin, body + closing + 5, 0.99F};
  }
  if (!enough) return body == text.size() ? open : Reading{};
  if (goes_on && body == text.size()) return open;
  size_t end_of_key = body;
  while (end_of_key > dashes && is_ascii_space(text[end_of_key - 1])) --end_of_key;
  return {Kind::found, begin, end_of_key, 0.99F};
}

Reading read_jwt(std::string_view text, size_t at, bool goes_on) {
  if (at > 0 && is_base64url(text[at - 1])) return {};
  std::array<size_t, 3> ends{};
  size_t end = at;
  for (size_t part = 0; part < 3; ++part) {
    const size_t begin = end;
    const size_t limit = std::min(text.size(), begin + kLongestToken);
    while (end < limit && is_base64url(text[end])) ++end;
    ends[part] = end;
    if (end == text.size()) {
      if (goes_on) return {Kind::open, at, end, 0.97F};
      if (part < 2) return {};
      break;
    }
    if (part == 0 && !is_jwt_header(text.substr(begin, end - begin))) return {};
    if (part == 2) break;
    if (text[end] != '.' || end - begin < 8) return {};
    ++end;
  }
  // An unsecured token ("alg":"none") has an empty signature and is no secret.
  if (ends[2] - ends[1] < 16) return {};
  return {Kind::found, at, ends[2], 0.97F};
}

Reading read_credential_url(std::string_view text, size_t at, bool goes_on) {
  size_t begin = at - 3;
  while (begin > 0 && at - begin < 24 &&
         (is_ascii_alnum(text[begin - 1]) || text[begin - 1] == '+' || text[begin - 1] == '.' ||
          text[begin - 1] == '-')) {
    --begin;
  }
  if (begin + 3 >= at || !is_ascii_letter(text[begin])) return {};
  const auto ends_url = [](char c) {
    return is_ascii_space(c) || is_quote(c) || c == '<' || c == '>' ||
           static_cast<unsigned char>(c) < 0x20;
  };
  size_t sign = at;
  size_t colon = text.npos;
  const size_t limit = std::min(text.size(), at + kLongestUserInfo);
  while (sign < limit && text[sign] != '@' && text[sign] != '/' && !ends_url(text[sign])) {
    if (text[sign] == ':' && colon == text.npos) colon = sign;
    ++sign;
  }
  if (sign == text.size()) return {goes_on ? Kind::open : Kind::none, begin, sign, 0.9F};
  if (text[sign] != '@' || colon == text.npos) return {};
  const std::string_view user = text.substr(at, colon - at);
  const std::string_view password = text.substr(colon + 1, sign - colon - 1);
  if (password.size() < 3 || is_placeholder(password) || password == user) return {};
  size_t end = sign;
  while (end < text.size() && end - begin < kLongestToken && !ends_url(text[end])) ++end;
  if (end == text.size() && goes_on) return {Kind::open, begin, end, 0.9F};
  constexpr std::string_view kTrailing = ",.;:!?)]}";
  while (end > sign + 1 && kTrailing.find(text[end - 1]) != kTrailing.npos) --end;
  if (end == sign + 1) return {};
  return {Kind::found, begin, end, 0.93F};
}

Reading read_bearer(std::string_view text, size_t at, bool goes_on) {
  size_t begin = at;
  while (begin < text.size() && begin - at < 4 &&
         (text[begin] == ' ' || text[begin] == ':' || is_quote(text[begin])))
    ++begin;
  size_t end = begin;
  while (end < text.size() && end - begin < kLongestToken &&
         (is_base64url(text[end]) || text[end] == '.' || text[end] == '+' || text[end] == '/' ||
          text[end] == '=' || text[end] == '~')) {
    ++end;
  }
  if (end == text.size() && goes_on) return {Kind::open, begin, end, 0.9F};
  while (end > begin && text[end - 1] == '.') --end;
  const std::string_view token = text.substr(begin, end - begin);
  const Classes classes = classes_of(token);
  if (token.size() < 20 || classes.digit == 0 || classes.lower + classes.upper == 0) return {};
  if (is_placeholder(token) || is_ordinary_value(token) || shannon_entropy(token) < 3.2) return {};
  return {Kind::found, begin, end, 0.92F};
}

Reading read_assignment(std::string_view text, size_t at, bool password, bool goes_on) {
  const size_t size = text.size();
  // The rest of the name, which may end in a quote or a bracket: SECRET_KEY, "api_key", ["token"].
  size_t next = at;
  while (next < size && next - at < kNameReach && (is_base64url(text[next]))) ++next;
  const std::string_view rest = text.substr(at, next - at);
  const size_t name_end = next;
  while (next < size && next - name_end < 4 &&
         (is_quote(text[next]) || text[next] == ']' || text[next] == ' '))
    ++next;
  size_t signs = 0;
  while (next < size && signs < 3 &&
         (text[next] == '=' || text[next] == ':' || (text[next] == '>' && signs > 0))) {
    ++next;
    ++signs;
  }
  // In prose only "password is …" and "password: …" assign.
  if (signs == 0 && password && text.compare(next, 3, "is ") == 0) {
    next += 3;
    signs = 1;
  }
  if (signs == 0 || (signs == 2 && text[next - 1] == '=')) return {};
  size_t gap = 0;
  while (next < size && gap < 4 && (text[next] == ' ' || text[next] == '\t')) {
    ++next;
    ++gap;
  }
  const char quote = next < size && is_quote(text[next]) ? text[next] : '\0';
  if (quote != '\0') ++next;
  const size_t begin = next;
  size_t end = begin;
  while (end < size && end - begin < kLongestValue) {
    const char c = text[end];
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '`' || c == '<' || c == '>')
      break;
    if (quote != '\0' ? c == quote : c == '\'') break;
    if (quote == '\0' && (c == ';' || c == '|')) break;
    ++end;
  }
  if (end == size && goes_on) return {Kind::open, begin, end, 0.8F};
  if (quote == '\0') {
    constexpr std::string_view kTrailing = ",.;:!?)]}";
    while (end > begin && kTrailing.find(text[end - 1]) != kTrailing.npos) --end;
  }
  const std::string_view value = text.substr(begin, end - begin);
  const Classes classes = classes_of(value);
  if (value.size() < 8 || is_placeholder(value) || is_ordinary_value(value)) return {};
  const std::string rest_name = lowered(rest);
  for (const std::string_view harmless :
       {"expire", "expiry", "ttl", "count", "limit", "url", "uri", "endpoint", "policy", "length",
        "name", "type", "file", "path", "hash", "field"}) {
    if (rest_name.find(harmless) != std::string::npos) return {};
  }
  if (password) {
    const bool strong =
        classes.kinds() >= 3 ||
        (classes.kinds() == 2 && (classes.digit != 0 || classes.sign != 0) && value.size() >= 8);
    if (!strong || shannon_entropy(value) < 2.5) return {};
    return {Kind::found, begin, end, 0.85F};
  }
  if (value.size() < 16 || classes.digit == 0 || classes.lower + classes.upper == 0) return {};
  if (contains_any(value, "()[]{}") || shannon_entropy(value) < 3.3) return {};
  return {Kind::found, begin, end, 0.85F};
}

bool is_placeholder(std::string_view value) {
  if (value.empty()) return true;
  if (value[0] == '$' || value[0] == '<' || value[0] == '%' || value[0] == '*') return true;
  if (value.find("${") != value.npos || value.find("{{") != value.npos ||
      value.find("...") != value.npos || value.find("****") != value.npos) {
    return true;
  }
  const std::string low = lowered(value);
  for (const std::string_view word :
       {"changeme", "change_me", "replace",   "example",  "placeholder", "your_",
        "your-",    "yourpass",  "insert",    "dummy",    "redacted",    "xxxx",
        "todo",     "sample",    "my_secret", "mysecret", "secret_key",  "foobar",
        "<",        "abc123",    "0000000",   "1234567",  "enter_",      "fake"}) {
    if (low.find(word) != std::string::npos) return true;
  }
  for (const std::string_view word :
       {"password", "passwd", "pass", "pwd", "secret", "token", "none", "null", "true", "false",
        "test", "user", "admin", "root", "postgres", "guest", "undefined", "string"}) {
    if (low == word) return true;
  }
  return std::all_of(low.begin(), low.end(), [&](char c) { return c == low[0]; });
}

bool is_ordinary_value(std::string_view value) {
  const auto starts = [&](std::string_view prefix) {
    return value.substr(0, prefix.size()) == prefix;
  };
  for (const std::string_view prefix :
       {"data:", "http://", "https://", "sha1-", "sha256-", "sha384-", "sha512-", "sha256:",
        "sha512:", "ssh-", "W/", "-----BEGIN", "/", "./", "~/", "arn:", "urn:", "integrity="}) {
    if (starts(prefix)) return true;
  }
  // Code: a call, an index, a member.
  if (contains_any(value, "()") && value.find('(') != value.npos && value.find('(') > 0 &&
      is_ascii_alnum(value[value.find('(') - 1])) {
    return true;
  }
  size_t hex = 0;
  size_t dashes = 0;
  size_t letters = 0;
  size_t digits = 0;
  size_t joints = 0;
  for (const char c : value) {
    const char low = ascii_lower(c);
    hex += is_ascii_digit(c) || (low >= 'a' && low <= 'f') ? 1u : 0u;
    dashes += c == '-' ? 1u : 0u;
    letters += is_ascii_letter(c) ? 1u : 0u;
    digits += is_ascii_digit(c) ? 1u : 0u;
    joints += c == '.' || c == '_' || c == '-' || c == ':' || c == ',' ? 1u : 0u;
  }
  if (letters == 0) return true;  // numbers, dates
  // Digests, UUIDs, trace ids. A key that is only hex looks the same; without a provider's prefix
  // or a password's name there is nothing to tell them apart by, and digests are far more common.
  if (hex + dashes == value.size() && digits > 0) return true;
  // Words joined by signs: identifiers, members, host names.
  return digits == 0 && letters + joints == value.size();
}

}  // namespace gatehouse::firewall
