#include "firewall/text/json_view.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/percent.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

/// Nothing that is found in a number is as long.
constexpr size_t kLongestNumber = 512;
constexpr size_t kForgetAt = 4096;  // bytes and pieces that were passed

constexpr char32_t kReplacement = 0xFFFD;

/// What the text of an escape says so far.
struct Escape {
  enum class Kind : uint8_t { open, whole, none } kind = Kind::none;
  size_t size = 1;
  char32_t value = 0;
};

Escape read_unit(std::string_view raw) {
  Escape unit{Escape::Kind::open, 6, 0};
  for (size_t i = 2; i < 6; ++i) {
    if (i >= raw.size()) return unit;
    const int digit = hex_value(raw[i]);
    if (digit < 0) return {};
    unit.value = unit.value << 4 | static_cast<char32_t>(digit);
  }
  unit.kind = Escape::Kind::whole;
  return unit;
}

/// "\uXXXX", or two of them for one character; half of a pair reads as U+FFFD.
Escape read_code_point(std::string_view raw) {
  Escape first = read_unit(raw);
  if (first.kind != Escape::Kind::whole || first.value < 0xD800 || first.value > 0xDFFF)
    return first;
  const Escape half{Escape::Kind::whole, 6, kReplacement};
  if (first.value >= 0xDC00) return half;
  const std::string_view rest = raw.substr(6);
  if (std::string_view("\\u").substr(0, rest.size()) != rest.substr(0, 2)) return half;
  if (rest.size() < 2) return {Escape::Kind::open, 0, 0};
  const Escape second = read_unit(rest);
  if (second.kind == Escape::Kind::open) return second;
  if (second.kind == Escape::Kind::none || second.value < 0xDC00 || second.value > 0xDFFF)
    return half;
  return {Escape::Kind::whole, 12,
          0x10000 + ((first.value - 0xD800) << 10) + (second.value - 0xDC00)};
}

Escape read_escape(std::string_view raw) {
  if (raw.size() < 2) return {Escape::Kind::open, 0, 0};
  if (raw[1] == 'u') return read_code_point(raw);
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const size_t at = kNames.find(raw[1]);
  if (at == kNames.npos) return {};
  return {Escape::Kind::whole, 2, static_cast<char32_t>(kMeanings[at])};
}

bool is_structure(char c) {
  return is_ascii_space(c) || std::string_view("{}[],:").find(c) != std::string_view::npos;
}

}  // namespace

void JsonView::feed(std::string_view text, std::string& view) {
  if (next_ > kForgetAt)
    pieces_.erase(pieces_.begin(),
                  pieces_.begin() + static_cast<std::ptrdiff_t>(std::exchange(next_, 0)));
  if (raw_at_ > kForgetAt) raw_.erase(0, std::exchange(raw_at_, 0));
  while (!text.empty()) {
    if (mode_ == Mode::text || (in_string_ && escape_.empty())) {
      const size_t plain =
          mode_ == Mode::text ? text.size() : std::min(find_either(text, '"', '\\'), text.size());
      if (plain > 0) add(Kind::text, text.substr(0, plain), view);
      text.remove_prefix(plain);
      if (text.empty()) return;
    }
    take(text.front(), view);
    text.remove_prefix(1);
  }
}

void JsonView::finish(std::string& view) {
  if (!escape_.empty()) add(Kind::text, std::exchange(escape_, {}), view);
}

void JsonView::take(char c, std::string& view) {
  const std::string_view raw(&c, 1);
  if (mode_ == Mode::unknown && !is_ascii_space(c)) {
    mode_ = c == '{' || c == '[' || c == '"' ? Mode::json : Mode::text;
  }
  if (mode_ == Mode::text) {
    add(Kind::text, raw, view);
  } else if (!in_string_) {
    take_outside(c, view);
  } else if (!escape_.empty() || c == '\\') {
    escape_.push_back(c);
    take_escape(view);
  } else {
    in_string_ = c != '"';
    add(in_string_ ? Kind::text : Kind::structure, raw, view);
  }
}

bool JsonView::begins_word(std::string_view text) {
  constexpr std::string_view kWords[] = {"true", "false", "null"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [text](std::string_view word) { return word.starts_with(text); });
}

void JsonView::take_outside(char c, std::string& view) {
  if (c == '"' || is_structure(c)) {
    in_string_ = c == '"';
    token_ = Kind::structure;
    word_.clear();
  } else if (token_ == Kind::structure) {
    // true, false and null say nothing, and nothing else can stand in their place.
    word_.push_back(c);
    if (!begins_word(word_)) {
      token_ = word_.size() == 1 && (is_ascii_digit(c) || c == '-') ? Kind::number : Kind::text;
    }
  } else if (token_ == Kind::number && !is_ascii_digit(c) &&
             std::string_view("+-.eE").find(c) == std::string_view::npos) {
    token_ = Kind::text;
  }
  add(token_, std::string_view(&c, 1), view);
}

/// Reads the escape under way as far as it has come.
void JsonView::take_escape(std::string& view) {
  const Escape escape = read_escape(escape_);
  if (escape.kind == Escape::Kind::open) return;
  const std::string raw = std::exchange(escape_, {});
  if (escape.kind == Escape::Kind::whole) {
    const size_t before = view.size();
    append_utf8(view, escape.value);
    pieces_.push_back({Kind::text, true, view.size() - before, escape.size});
    raw_.append(raw, 0, escape.size);
  } else {
    add(Kind::text, std::string_view(raw).substr(0, escape.size), view);
  }
  // What was read along and belongs to no escape: a quote may be among it.
  for (const char c : std::string_view(raw).substr(escape.size)) take(c, view);
}

void JsonView::add(Kind kind, std::string_view raw, std::string& view) {
  view.append(raw);
  raw_.append(raw);
  if (next_ < pieces_.size() && pieces_.back().kind == kind && !pieces_.back().escape) {
    pieces_.back().view += raw.size();
    pieces_.back().raw += raw.size();
  } else {
    pieces_.push_back({kind, false, raw.size(), raw.size()});
  }
}

void JsonView::pass(size_t to, Fate fate, std::string_view rule, std::string& out) {
  bool placed = fate != Fate::replace;
  while (next_ < pieces_.size() && at_ < to) {
    const Piece& piece = pieces_[next_];
    if (piece.escape && fate == Fate::show && at_ + piece.view > to) return;
    const size_t view = piece.escape ? piece.view : std::min(piece.view, to - at_);
    const size_t raw = piece.escape ? piece.raw : view;
    const std::string_view text = std::string_view(raw_).substr(raw_at_, raw);
    if (piece.kind == Kind::number) {
      add_number(text, fate, rule, out);
    } else {
      end_number(out);
      if (piece.kind == Kind::structure || fate == Fate::show) {
        out.append(text);
      } else if (!placed) {
        placeholder_(rule, at_, text_end(to), out);
      }
      placed = fate != Fate::replace || piece.kind == Kind::text;
    }
    advance(view, raw);
  }
}

/// Where the text ends that is under way, at `to` at the latest.
size_t JsonView::text_end(size_t to) const {
  size_t end = at_;
  for (size_t i = next_; i < pieces_.size() && end < to && pieces_[i].kind == Kind::text; ++i)
    end += pieces_[i].escape ? pieces_[i].view : std::min(pieces_[i].view, to - end);
  return end;
}

void JsonView::add_number(std::string_view raw, Fate fate, std::string_view rule,
                          std::string& out) {
  if (number_.empty()) number_begin_ = at_;
  number_.append(raw);
  if (fate != Fate::show && number_rule_.empty()) number_rule_ = rule;
  if (number_.size() > kLongestNumber) end_number(out);
}

void JsonView::end_number(std::string& out) {
  if (number_rule_.empty()) {
    out.append(number_);
  } else {
    out.push_back('"');
    placeholder_(std::exchange(number_rule_, {}), number_begin_, number_begin_ + number_.size(),
                 out);
    out.push_back('"');
  }
  number_.clear();
}

void JsonView::advance(size_t view, size_t raw) {
  Piece& piece = pieces_[next_];
  piece.view -= view;
  piece.raw -= raw;
  if (piece.view == 0) ++next_;
  at_ += view;
  raw_at_ += raw;
}

}  // namespace gatehouse::firewall
