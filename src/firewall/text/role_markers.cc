#include "firewall/text/role_markers.h"

#include <algorithm>
#include <array>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr std::string_view kTokenRule = "marker.token";
constexpr std::string_view kLineRule = "marker.line";
constexpr size_t kLongestName = 40;  // between "<|" and "|>"

// In lower case. "</s>" counts only where no "<s>" opened it: that pair is HTML's strike-through.
constexpr std::array<std::string_view, 17> kTokens = {"[inst]",
                                                      "[/inst]",
                                                      "<<sys>>",
                                                      "<</sys>>",
                                                      "<start_of_turn>",
                                                      "<end_of_turn>",
                                                      "<bos>",
                                                      "<eos>",
                                                      "[system_prompt]",
                                                      "[/system_prompt]",
                                                      "[available_tools]",
                                                      "[/available_tools]",
                                                      "[tool_calls]",
                                                      "[tool_results]",
                                                      "[/tool_results]",
                                                      "<start_of_image>",
                                                      "</s>"};

struct Role {
  std::string_view name;
  bool needs_break;  // only behind an empty line or a heading sign: people write "User:" themselves
  float score;
};
constexpr std::array<Role, 9> kRoles = {{{"system prompt", false, 0.7F},
                                         {"system message", false, 0.7F},
                                         {"system", false, 0.7F},
                                         {"developer", true, 0.6F},
                                         {"human", true, 0.6F},
                                         {"assistant", true, 0.6F},
                                         {"instruction", true, 0.5F},
                                         {"response", true, 0.5F},
                                         {"user", true, 0.5F}}};

bool same(std::string_view text, size_t at, std::string_view lower) {
  if (text.size() - at < lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    if (ascii_lower(text[at + i]) != lower[i]) return false;
  }
  return true;
}

class Finder {
 public:
  Finder(std::string_view text, Findings& out) : text_(text), out_(out) {}

  void run() {
    line(0);
    for (size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '\n') {
        line(i + 1);
      } else if (c == '<' || c == '[') {
        token(i);
      }
    }
    std::sort(out_.begin() + static_cast<std::ptrdiff_t>(first_), out_.end(),
              [](const Finding& a, const Finding& b) { return a.begin < b.begin; });
  }

 private:
  void add(std::string_view rule, size_t begin, size_t end, float score) {
    out_.push_back({Category::role_marker, rule, static_cast<uint32_t>(begin),
                    static_cast<uint32_t>(end), score, "literal"});
  }

  void token(size_t at) {
    for (const auto& [open, close] :
         {std::pair<std::string_view, std::string_view>{"<|", "|>"}, {"<｜", "｜>"}}) {
      if (!same(text_, at, open)) continue;
      const std::string_view inside = text_.substr(at + open.size(), kLongestName + close.size());
      const size_t end = inside.find(close);
      if (end == inside.npos || end == 0 ||
          inside.substr(0, end).find_first_of("<>\n") != inside.npos)
        return;
      add(kTokenRule, at, at + open.size() + end + close.size(), 0.9F);
      return;
    }
    if (same(text_, at, "<s>")) ++strikes_;
    for (const std::string_view name : kTokens) {
      if (!same(text_, at, name)) continue;
      if (name == "</s>" && strikes_ > 0) {
        --strikes_;
        return;
      }
      add(kTokenRule, at, at + name.size(), 0.85F);
      return;
    }
  }

  void line(size_t begin) {
    size_t at = begin;
    bool heading = false;
    while (at < text_.size() && at - begin < 8 &&
           (text_[at] == ' ' || text_[at] == '#' || text_[at] == '*' || text_[at] == '>' ||
            text_[at] == '[')) {
      heading |= text_[at] == '#';
      ++at;
    }
    const bool behind_break = begin >= 2 && text_[begin - 2] == '\n';
    for (const Role& role : kRoles) {
      if (!same(text_, at, role.name)) continue;
      if (role.needs_break && !heading && !behind_break) return;
      size_t end = at + role.name.size();
      while (end < text_.size() && end - at < role.name.size() + 4 &&
             (text_[end] == ' ' || text_[end] == '*' || text_[end] == ']'))
        ++end;
      if (end < text_.size() && text_[end] == ':') add(kLineRule, begin, end + 1, role.score);
      return;
    }
  }

  std::string_view text_;
  Findings& out_;
  size_t first_ = out_.size();
  size_t strikes_ = 0;
};

}  // namespace

void find_role_markers(std::string_view text, Findings& out) {
  Finder(text, out).run();
}

std::string neutralise_role_markers(std::string_view text, std::span<const Finding> markers) {
  std::string out;
  out.reserve(text.size() + markers.size());
  size_t at = 0;
  for (const Finding& marker : markers) {
    if (marker.begin < at || marker.end > text.size()) continue;
    // Behind the bracket of a token, before the colon of a line.
    const size_t cut = marker.rule == kLineRule ? marker.end - 1 : marker.begin + 1;
    out.append(text, at, cut - at);
    out.push_back(' ');
    at = cut;
  }
  out.append(text, at);
  return out;
}

}  // namespace gatehouse::firewall
