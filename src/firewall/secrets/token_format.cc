#include "firewall/secrets/token_format.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

unexpected<Refusal> bad(std::string_view notation, const char* what) {
  return refuse(
      Refusal::invalid("format", "format '" + std::string(notation) + "': " + what, "bad_rule"));
}

bool in(const std::bitset<128>& letters, char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 128 && letters[byte];
}

bool goes_on_word(char last, char next) {
  return (is_ascii_alnum(last) || last == '_') && (is_ascii_alnum(next) || next == '_');
}

}  // namespace

Result<TokenFormat> TokenFormat::parse(std::string_view notation) {
  TokenFormat format;
  size_t at = 0;
  const auto number = [&](uint16_t& value) {
    const auto [end, error] =
        std::from_chars(notation.data() + at, notation.data() + notation.size(), value);
    if (error != std::errc{}) return false;
    at = static_cast<size_t>(end - notation.data());
    return true;
  };
  while (at < notation.size()) {
    if (notation[at] != '[') {
      if (notation[at] == '\\' && ++at == notation.size())
        return bad(notation, "ends in a backslash");
      if (format.parts_.empty() || format.parts_.back().literal.empty())
        format.parts_.emplace_back();
      format.parts_.back().literal.push_back(notation[at++]);
      continue;
    }
    Part part;
    for (++at; at < notation.size() && notation[at] != ']'; ++at) {
      const auto low = static_cast<unsigned char>(notation[at]);
      auto high = low;
      if (at + 2 < notation.size() && notation[at + 1] == '-' && notation[at + 2] != ']') {
        high = static_cast<unsigned char>(notation[at + 2]);
        at += 2;
      }
      if (low >= 128 || high >= 128 || low > high) return bad(notation, "has a bad range");
      for (unsigned c = low; c <= high; ++c) part.letters.set(c);
    }
    if (at + 1 >= notation.size() || notation[at + 1] != '{')
      return bad(notation, "a class needs {n} or {n,m}");
    at += 2;
    if (!number(part.fewest)) return bad(notation, "a class needs {n} or {n,m}");
    part.most = part.fewest;
    if (at < notation.size() && notation[at] == ',') {
      ++at;
      if (!number(part.most)) return bad(notation, "a class needs {n} or {n,m}");
    }
    if (at >= notation.size() || notation[at] != '}' || part.most < part.fewest ||
        part.fewest == 0) {
      return bad(notation, "a class needs {n} or {n,m}");
    }
    ++at;
    format.parts_.push_back(std::move(part));
  }
  if (format.parts_.empty()) return bad(notation, "is empty");
  for (size_t i = 0; i < format.parts_.size(); ++i) {
    const Part& part = format.parts_[i];
    format.shortest_ += part.literal.empty() ? part.fewest : part.literal.size();
    format.longest_ += part.literal.empty() ? part.most : part.literal.size();
    if (i + 1 == format.parts_.size() || !part.literal.empty() || part.fewest == part.most)
      continue;
    const Part& next = format.parts_[i + 1];
    const bool clash = next.literal.empty() ? (part.letters & next.letters).any()
                                            : in(part.letters, next.literal[0]);
    if (clash) return bad(notation, "a class of open length runs into the part behind it");
  }
  return format;
}

TokenFormat::Match TokenFormat::match(std::string_view text, size_t at, bool text_goes_on) const {
  using Kind = Match::Kind;
  const Match open{text_goes_on ? Kind::partial : Kind::none, text.size()};
  if (at > 0 && at < text.size() && goes_on_word(text[at - 1], text[at])) return {};
  for (const Part& part : parts_) {
    if (!part.literal.empty()) {
      const size_t have = std::min(part.literal.size(), text.size() - at);
      if (text.compare(at, have, part.literal, 0, have) != 0) return {};
      if (have < part.literal.size()) return open;
      at += have;
      continue;
    }
    const size_t limit = std::min(text.size(), at + part.most);
    size_t end = at;
    while (end < limit && in(part.letters, text[end])) ++end;
    if (end - at < part.fewest) return end == text.size() ? open : Match{};
    at = end;
  }
  const Part& last = parts_.back();
  if (at == text.size()) {
    // The next byte could lengthen the token or glue it to a longer word.
    return {text_goes_on ? Kind::partial : Kind::whole, at};
  }
  const char next = text[at];
  const bool longer = last.literal.empty() ? in(last.letters, next) && next != '-' : false;
  if (longer || goes_on_word(text[at - 1], next)) return {};
  return {Kind::whole, at};
}

std::string_view TokenFormat::prefix() const {
  return parts_.front().literal;
}

bool TokenFormat::may_begin(char c) const {
  const Part& first = parts_.front();
  return first.literal.empty() ? in(first.letters, c) : first.literal[0] == c;
}

TokenFormat::Reach TokenFormat::before(std::string_view anchor) const {
  Reach reach;
  for (const Part& part : parts_) {
    const size_t inside = part.literal.find(anchor);
    if (inside != std::string::npos) {
      reach.fewest += inside;
      reach.most += inside;
      reach.found = true;
      return reach;
    }
    reach.fewest += part.literal.empty() ? part.fewest : part.literal.size();
    reach.most += part.literal.empty() ? part.most : part.literal.size();
  }
  return {};
}

double TokenFormat::class_entropy(std::string_view token) const {
  std::string classes;
  size_t at = 0;
  for (const Part& part : parts_) {
    if (!part.literal.empty()) {
      at += part.literal.size();
      continue;
    }
    const size_t begin = at;
    while (at < token.size() && at - begin < part.most && in(part.letters, token[at])) ++at;
    classes.append(token, begin, at - begin);
  }
  return shannon_entropy(classes);
}

double shannon_entropy(std::string_view text) {
  if (text.empty()) return 0;
  std::array<uint32_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  const auto size = static_cast<double>(text.size());
  for (const uint32_t count : counts) {
    if (count == 0) continue;
    const double share = count / size;
    bits -= share * std::log2(share);
  }
  return bits;
}

}  // namespace gatehouse::firewall
