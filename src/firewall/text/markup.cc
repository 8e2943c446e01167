#include "firewall/text/markup.h"

#include <algorithm>
#include <array>

namespace gatehouse::firewall {
namespace {

constexpr size_t kFewestBytes = 8;    // shorter texts can order nothing
constexpr size_t kLongestTag = 2048;  // bytes of one tag that are read
constexpr std::array<std::string_view, 14> kInvisibleStyles = {"display:none",
                                                               "visibility:hidden",
                                                               "font-size:0",
                                                               "font-size:1px",
                                                               "opacity:0",
                                                               "color:white",
                                                               "color:#fff",
                                                               "color:transparent",
                                                               "height:0",
                                                               "width:0",
                                                               "text-indent:-",
                                                               "left:-9",
                                                               "color:rgb(255,255,255)",
                                                               "mso-hide:all"};
constexpr std::array<std::string_view, 4> kTextAttributes = {"alt", "title", "aria-label",
                                                             "data-prompt"};

class MarkupFinder {
 public:
  MarkupFinder(Normalised& out, size_t limit) : out_(out), text_(out.canonical), limit_(limit) {}

  void run() {
    for (size_t at = text_.find('<'); at != text_.npos && !full(); at = text_.find('<', at)) {
      at = starts(at, "<!--") ? comment(at) : tag(at);
    }
    for (size_t at = text_.find("[//]: #"); at != text_.npos && !full();
         at = text_.find("[//]: #", at + 7)) {
      const size_t end = std::min(text_.find('\n', at), text_.size());
      add(at + 7, end, Decoding::html_comment);
    }
  }

 private:
  bool full() const { return out_.children.size() >= limit_; }
  bool starts(size_t at, std::string_view prefix) const {
    return text_.compare(at, prefix.size(), prefix) == 0;
  }

  void add(size_t begin, size_t end, Decoding how) {
    if (end < begin + kFewestBytes || full()) return;
    Child child;
    child.clean = out_.clean.substr(begin, end - begin);
    child.how = how;
    child.begin = out_.map.to_original(static_cast<uint32_t>(begin));
    child.end = out_.map.to_original(static_cast<uint32_t>(end));
    out_.children.push_back(std::move(child));
  }

  // An unclosed comment hides everything behind it, so it counts to the end of the text.
  size_t comment(size_t at) {
    const size_t end = std::min(text_.find("-->", at + 4), text_.size());
    add(at + 4, end, Decoding::html_comment);
    return std::min(end + 3, text_.size());
  }

  size_t tag(size_t at) {
    const size_t name = at + 1;
    if (name >= text_.size() || text_[name] < 'a' || text_[name] > 'z') return at + 1;
    const size_t limit = std::min(text_.size(), at + kLongestTag);
    size_t close = name;
    while (close < limit && text_[close] != '>' && text_[close] != '<') ++close;
    if (close >= limit || text_[close] == '<') return at + 1;
    const std::string_view inside = text_.substr(name, close - name);
    attributes(name, inside);
    if (invisible(inside)) {
      const size_t end = std::min(text_.find('<', close + 1), text_.size());
      add(close + 1, end, Decoding::hidden_markup);
    }
    return close + 1;
  }

  void attributes(size_t offset, std::string_view inside) {
    for (const std::string_view attribute : kTextAttributes) {
      const size_t found = inside.find(attribute);
      if (found == inside.npos) continue;
      size_t at = found + attribute.size();
      while (at < inside.size() && (inside[at] == ' ' || inside[at] == '=')) ++at;
      if (at >= inside.size() || (inside[at] != '"' && inside[at] != '\'')) continue;
      const size_t end = inside.find(inside[at], at + 1);
      if (end != inside.npos) add(offset + at + 1, offset + end, Decoding::hidden_markup);
    }
  }

  static bool invisible(std::string_view inside) {
    if (inside.find(" hidden") != inside.npos) return true;
    if (inside.find("style") == inside.npos) return false;
    std::string packed;
    for (const char c : inside) {
      if (c != ' ') packed.push_back(c);
    }
    return std::any_of(kInvisibleStyles.begin(), kInvisibleStyles.end(),
                       [&](std::string_view style) {
                         const size_t at = packed.find(style);
                         if (at == packed.npos) return false;
                         // "font-size:0" but not "font-size:0.9em"; "width:0" but not
                         // "border-width:0.5px".
                         const size_t end = at + style.size();
                         const bool number_goes_on =
                             style.back() == '0' && end < packed.size() &&
                             (packed[end] == '.' || (packed[end] >= '0' && packed[end] <= '9'));
                         return !number_goes_on;
                       });
  }

  Normalised& out_;
  std::string_view text_;
  size_t limit_;
};

}  // namespace

void find_hidden_markup(Normalised& out, size_t max_children) {
  MarkupFinder(out, max_children).run();
}

}  // namespace gatehouse::firewall
