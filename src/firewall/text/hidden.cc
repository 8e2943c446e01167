#include "firewall/text/hidden.h"

#include <algorithm>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr char32_t kBlackFlag = 0x1F3F4;
constexpr size_t kRegionTags = 7;  // "gbeng" and the cancel tag, with room

bool is_bit(char32_t value) {
  return value == 0x200B || value == 0x200C || value == 0x200D || value == 0x2060 ||
         value == 0x2062 || value == 0x2063 || value == 0x2064 || value == 0xFEFF;
}

bool printable(const std::string& text) {
  size_t good = 0;
  for (const char c : text) good += (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\t' ? 1u : 0u;
  return !text.empty() && good * 10 >= text.size() * 9;
}

void add_child(Normalised& out, std::string text, Decoding how, size_t begin, size_t end) {
  Child child;
  child.clean = std::move(text);
  child.how = how;
  child.begin = static_cast<uint32_t>(begin);
  child.end = static_cast<uint32_t>(end);
  out.children.push_back(std::move(child));
}

}  // namespace

bool HiddenText::take(char32_t value, FoldKind kind, size_t begin, size_t, Normalised& out) {
  Run wanted = Run::none;
  if (kind == FoldKind::drop_tag) wanted = Run::tags;
  if (kind == FoldKind::drop_selector) wanted = Run::selectors;
  if (is_bit(value)) wanted = Run::bits;
  if (wanted == Run::none) {
    const bool flag = value == kBlackFlag;
    flush(out, begin);
    black_flag_ = flag;
    return true;
  }
  if (wanted != kind_ && !run_.empty()) finish(out, begin);
  if (run_.empty()) {
    begin_ = begin;
    kind_ = wanted;
  }
  run_.push_back(value);
  return true;
}

void HiddenText::finish(Normalised& out, size_t at) {
  switch (kind_) {
    case Run::tags:
      finish_tags(out, at);
      break;
    case Run::selectors:
      finish_selectors(out, at);
      break;
    case Run::bits:
      finish_bits(out, at);
      break;
    case Run::none:
      break;
  }
  run_.clear();
  kind_ = Run::none;
}

void HiddenText::finish_tags(Normalised& out, size_t at) {
  if (black_flag_ && run_.size() <= kRegionTags) return;
  out.evidence.tags += static_cast<uint32_t>(run_.size());
  std::string text;
  for (const char32_t value : run_) {
    if (value >= 0xE0020 && value <= 0xE007E) text.push_back(static_cast<char>(value - 0xE0000));
  }
  if (!text.empty()) add_child(out, std::move(text), Decoding::tag_characters, begin_, at);
}

void HiddenText::finish_selectors(Normalised& out, size_t at) {
  if (run_.size() < 2) return;  // an emoji's or an ideograph's own
  out.evidence.selectors += static_cast<uint32_t>(run_.size());
  std::string bytes;
  for (const char32_t value : run_) {
    const char32_t byte = value < 0xE0100 ? value - 0xFE00 : value - 0xE0100 + 16;
    bytes.push_back(static_cast<char>(byte));
  }
  // A first selector may be the emoji's own.
  if (bytes.front() == 15) bytes.erase(0, 1);
  if (printable(bytes)) add_child(out, std::move(bytes), Decoding::variation_selectors, begin_, at);
}

void HiddenText::finish_bits(Normalised& out, size_t at) {
  constexpr size_t kFewestBits = 32;
  if (run_.size() < kFewestBits) return;
  const char32_t zero = run_.front();
  const auto other = std::find_if(run_.begin(), run_.end(), [&](char32_t v) { return v != zero; });
  if (other == run_.end()) return;
  // ASCII's first bit is 0, so the first character says which of the two is the zero.
  std::string text;
  unsigned bits = 0;
  unsigned byte = 0;
  for (const char32_t value : run_) {
    if (value != zero && value != *other) continue;
    byte = byte << 1 | (value == zero ? 0u : 1u);
    if (++bits == 8) {
      text.push_back(static_cast<char>(byte));
      bits = byte = 0;
    }
  }
  if (printable(text)) add_child(out, std::move(text), Decoding::zero_width_bits, begin_, at);
}

}  // namespace gatehouse::firewall
