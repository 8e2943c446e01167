#include "firewall/pdf/page_text.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gatehouse::firewall::pdf {
namespace {

constexpr size_t kFewestHidden = 8;     // bytes: shorter texts can order nothing
constexpr size_t kFewestUnmapped = 16;  // codes: fewer are ornaments
constexpr double kLine = 0.45;          // … and the least way up or down to another line

bool ends_blank(const std::string& text) {
  return text.empty() || text.back() == ' ' || text.back() == '\n';
}

}  // namespace

Flow::Gap Flow::gap_before(const Piece& piece) const {
  if (!begun_) return Gap::none;
  const double high = std::max({height_, piece.height, 1e-3});
  const Point way{piece.begin.x - end_.x, piece.begin.y - end_.y};
  const double along = way.x * direction_.x + way.y * direction_.y;
  const double across = std::abs(way.x * direction_.y - way.y * direction_.x);
  // Written so that what is no number begins a line.
  if (!(across <= kLine * high) || along < -high) return Gap::line;
  return along > kBlank * high ? Gap::blank : Gap::none;
}

void Flow::add(const Piece& piece) {
  const Gap gap = gap_before(piece);
  if (gap == Gap::line && !text_.empty() && text_.back() != '\n') text_.push_back('\n');
  if (gap == Gap::blank && !ends_blank(text_) && piece.text.front() != ' ') text_.push_back(' ');
  text_ += piece.text;
  const double length = std::hypot(piece.end.x - piece.begin.x, piece.end.y - piece.begin.y);
  if (length > 0) {
    direction_ = {(piece.end.x - piece.begin.x) / length, (piece.end.y - piece.begin.y) / length};
  } else if (!begun_) {
    direction_ = {1, 0};
  }
  end_ = piece.end;
  height_ = piece.height;
  begun_ = true;
}

void Flow::end_line() {
  begun_ = false;
  if (!text_.empty() && text_.back() != '\n') text_.push_back('\n');
}

void PageText::add(const Piece& piece, std::optional<Trick> trick) {
  if (piece.text.empty()) return;
  budget_.text(piece.text.size() + 1);
  all_.add(piece);
  Flow& flow = trick ? hidden_[static_cast<size_t>(*trick)] : visible_;
  flow.add(piece);
}

void PageText::add_hidden(Trick trick, std::string_view text) {
  if (text.empty()) return;
  budget_.text(text.size() + 1);
  Flow& flow = hidden_[static_cast<size_t>(trick)];
  flow.end_line();
  flow.text() += text;
}

void PageText::end_page() {
  all_.end_line();
  visible_.end_line();
  for (Flow& flow : hidden_) flow.end_line();
}

void PageText::give(Document& out) {
  if (unmapped_ >= kFewestUnmapped) out.gaps.push_back(Gap::unmapped);
  if (pictures_ && all_.text().empty() && unmapped_ == 0) out.gaps.push_back(Gap::pictures);
  for (size_t i = 0; i < kTrickCount; ++i) {
    std::string& text = hidden_[i].text();
    if (text.size() >= kFewestHidden)
      out.hidden.push_back({static_cast<Trick>(i), std::move(text)});
  }
  out.visible = std::move(visible_.text());
  const bool said = all_.text() == out.visible ||
                    std::any_of(out.hidden.begin(), out.hidden.end(), [this](const Hidden& hidden) {
                      return hidden.text == all_.text();
                    });
  if (!said) out.all = std::move(all_.text());
}

}  // namespace gatehouse::firewall::pdf
