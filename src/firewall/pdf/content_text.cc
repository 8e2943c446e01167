#include <algorithm>
#include <cmath>

#include "firewall/pdf/content.h"
#include "firewall/pdf/objects.h"

// The operators of text.
namespace gatehouse::firewall::pdf {
namespace {

constexpr double kSmallest = 1.0;      // points that an eye still reads
constexpr double kTransparent = 0.05;  // less is not seen

bool fills(int mode) {
  return mode == 0 || mode == 2 || mode == 4 || mode == 6;
}

bool strokes(int mode) {
  return mode == 1 || mode == 2 || mode == 5 || mode == 6;
}

}  // namespace

void Content::begin_text() {
  text_matrix_ = line_matrix_ = {};
}

void Content::set_font() {
  if (count_ < 2 || operand(1).kind != Token::Kind::name || !has_numbers(1)) return;
  use_font(operand(1).text, number_at(0));
}

void Content::use_font(const std::string& name, double size) {
  state_.text.size = size;
  const auto known = named_fonts_.find(name);
  if (known != named_fonts_.end()) {
    state_.text.font = known->second;
    return;
  }
  state_.text.font = font_of(resource("/Font", name));
  named_fonts_[name] = state_.text.font;
}

std::shared_ptr<const Font> Content::font_of(const QPDFObjectHandle& dictionary) {
  const QPDFObjGen id = dictionary.getObjGen();
  if (!id.isIndirect()) return Font::read(dictionary, budget_);
  std::shared_ptr<const Font>& font = fonts_[id];
  if (!font) font = Font::read(dictionary, budget_);
  return font;
}

void Content::set_character_spacing() {
  if (has_numbers(1)) state_.text.character_spacing = number_at(0);
}
void Content::set_word_spacing() {
  if (has_numbers(1)) state_.text.word_spacing = number_at(0);
}
void Content::set_scale() {
  if (has_numbers(1)) state_.text.scale = number_at(0) / 100;
}
void Content::set_leading() {
  if (has_numbers(1)) state_.text.leading = number_at(0);
}
void Content::set_mode() {
  if (has_numbers(1)) state_.text.mode = static_cast<int>(std::clamp(number_at(0), 0.0, 7.0));
}
void Content::set_rise() {
  if (has_numbers(1)) state_.text.rise = number_at(0);
}

void Content::move_by(double x, double y) {
  line_matrix_ = line_matrix_.after({1, 0, 0, 1, x, y});
  text_matrix_ = line_matrix_;
}

void Content::move() {
  if (has_numbers(2)) move_by(number_at(1), number_at(0));
}

void Content::move_and_lead() {
  if (!has_numbers(2)) return;
  state_.text.leading = -number_at(0);
  move();
}

void Content::set_text_matrix() {
  if (!has_numbers(6)) return;
  line_matrix_ = {number_at(5), number_at(4), number_at(3),
                  number_at(2), number_at(1), number_at(0)};
  text_matrix_ = line_matrix_;
}

void Content::next_line() {
  move_by(0, -state_.text.leading);
}

void Content::show_string() {
  if (count_ > 0 && operand(0).kind == Token::Kind::text) show(operand(0).text);
}

void Content::show_array() {
  for (size_t i = 0; i < count_; ++i) {
    const Token& item = operands_[i];
    if (item.kind == Token::Kind::text) show(item.text);
    if (item.kind == Token::Kind::number) advance(-item.number / 1000 * state_.text.size);
  }
}

void Content::show_on_next_line() {
  next_line();
  show_string();
}

void Content::show_spaced() {
  if (count_ >= 3 && operand(2).kind == Token::Kind::number &&
      operand(1).kind == Token::Kind::number) {
    state_.text.word_spacing = operand(2).number;
    state_.text.character_spacing = operand(1).number;
  }
  show_on_next_line();
}

void Content::advance(double by) {
  text_matrix_ = text_matrix_.after({1, 0, 0, 1, by * state_.text.scale, 0});
}

Matrix Content::text_to_page() const {
  return state_.matrix.after(text_matrix_);
}

Point Content::origin() const {
  return text_to_page().map({0, state_.text.rise});
}

void Content::show(std::string_view bytes) {
  const TextState& text = state_.text;
  if (!text.font) return;
  shown_.clear();
  Piece piece;
  piece.begin = origin();
  const bool spaced = text.character_spacing > kBlank * std::abs(text.size) * text.font->height();
  while (!bytes.empty()) {
    if (spaced && !shown_.empty() && shown_.back() != ' ') shown_.push_back(' ');
    const Font::Glyph glyph = text.font->take(bytes, shown_);
    if (!glyph.mapped) page_.add_unmapped();
    advance(glyph.width * text.size + text.character_spacing +
            (glyph.blank ? text.word_spacing : 0));
  }
  // The spacing behind the last glyph is no part of the text.
  piece.end = text_to_page().map({-text.character_spacing * text.scale, text.rise});
  piece.text = shown_;
  piece.height = std::abs(text.size) * text.font->height() * text_to_page().upward();
  page_.add(piece, trick_of(piece));
}

std::optional<Trick> Content::trick_of(const Piece& piece) const {
  const TextState& text = state_.text;
  const bool filled = fills(text.mode) && state_.fill.alpha >= kTransparent;
  const bool stroked = strokes(text.mode) && state_.stroke.alpha >= kTransparent;
  if (!filled && !stroked) return Trick::invisible;
  const double wide =
      std::abs(text.size * text.scale) * text.font->height() * text_to_page().across();
  // Written so that what is no number is tiny.
  if (!(piece.height >= kSmallest) || !(wide >= kSmallest)) return Trick::tiny;
  Box box = Box::around(piece.begin, piece.end);
  box.top += piece.height / 2;
  const Box seen = box.within(state_.clip);
  if (seen.left > seen.right || seen.bottom > seen.top) return Trick::outside;
  const Point middle{(piece.begin.x + piece.end.x) / 2,
                     (piece.begin.y + piece.end.y) / 2 + piece.height / 4};
  const Colour ground = colour_at(middle);
  const bool differs = (filled && !state_.fill.colour.like(ground)) ||
                       (stroked && !state_.stroke.colour.like(ground));
  if (!differs) return Trick::same_colour;
  return std::nullopt;
}

}  // namespace gatehouse::firewall::pdf
