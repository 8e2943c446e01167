#include "firewall/pdf/content.h"

#include <utility>

#include "firewall/pdf/objects.h"

namespace gatehouse::firewall::pdf {
namespace {

constexpr int kDeepestForm = 8;
constexpr size_t kMostSaved = 512;
constexpr size_t kMostOperands = 65'536;

Matrix matrix_of(const QPDFObjectHandle& array) {
  const std::vector<double> n = numbers(array, 6);
  return n.size() == 6 ? Matrix{n[0], n[1], n[2], n[3], n[4], n[5]} : Matrix{};
}

/// Texts that are told in the place of what is drawn.
bool is_alternative(std::string_view key) {
  return key == "ActualText" || key == "Alt" || key == "E";
}

}  // namespace

const std::unordered_map<std::string_view, Content::Handler>& Content::handlers() {
  using C = Content;
  static const std::unordered_map<std::string_view, Handler> handlers = {
      {"q", &C::save},
      {"Q", &C::restore},
      {"cm", &C::concat},
      {"gs", &C::use_state},
      {"BDC", &C::begin_marked},
      {"DP", &C::begin_marked},
      {"Do", &C::invoke},
      {"BT", &C::begin_text},
      {"Tf", &C::set_font},
      {"Tc", &C::set_character_spacing},
      {"Tw", &C::set_word_spacing},
      {"Tz", &C::set_scale},
      {"TL", &C::set_leading},
      {"Tr", &C::set_mode},
      {"Ts", &C::set_rise},
      {"Td", &C::move},
      {"TD", &C::move_and_lead},
      {"Tm", &C::set_text_matrix},
      {"T*", &C::next_line},
      {"Tj", &C::show_string},
      {"TJ", &C::show_array},
      {"'", &C::show_on_next_line},
      {"\"", &C::show_spaced},
      {"g", &C::fill_grey},
      {"rg", &C::fill_rgb},
      {"k", &C::fill_cmyk},
      {"cs", &C::fill_space},
      {"sc", &C::fill_colour},
      {"scn", &C::fill_colour},
      {"G", &C::stroke_grey},
      {"RG", &C::stroke_rgb},
      {"K", &C::stroke_cmyk},
      {"CS", &C::stroke_space},
      {"SC", &C::stroke_colour},
      {"SCN", &C::stroke_colour},
      {"re", &C::add_rectangle},
      {"m", &C::add_point},
      {"l", &C::add_point},
      {"c", &C::add_point},
      {"v", &C::add_point},
      {"y", &C::add_point},
      {"W", &C::clip},
      {"W*", &C::clip},
      {"f", &C::fill_path},
      {"F", &C::fill_path},
      {"f*", &C::fill_path},
      {"B", &C::fill_path},
      {"B*", &C::fill_path},
      {"b", &C::fill_path},
      {"b*", &C::fill_path},
      {"S", &C::end_path},
      {"s", &C::end_path},
      {"n", &C::end_path},
      {"sh", &C::paint_all},
      {"EI", &C::paint_picture},
  };
  return handlers;
}

void Content::run_page(const Box& sheet, std::string_view bytes,
                       const QPDFObjectHandle& resources) {
  state_ = {};
  state_.clip = sheet;
  saved_.clear();
  saved_base_ = 0;
  painted_.clear();
  rectangles_.clear();
  outline_.reset();
  clips_ = false;
  depth_ = 0;
  run(bytes, resources);
  state_ = {};
  state_.clip = sheet;
}

void Content::run(std::string_view bytes, QPDFObjectHandle resources) {
  std::swap(resources_, resources);
  Fonts outer;
  std::swap(named_fonts_, outer);
  Lexer lexer(bytes);
  Token token;
  count_ = 0;
  while (lexer.next(token)) {
    if (token.is("ID")) {
      lexer.skip_image();
      token.text = "EI";
    }
    take(token);
  }
  count_ = 0;
  std::swap(named_fonts_, outer);
  std::swap(resources_, resources);
}

void Content::take(const Token& token) {
  if (token.kind != Token::Kind::word) {
    if (count_ >= kMostOperands) budget_.overrun();
    if (count_ == operands_.size()) operands_.emplace_back();
    operands_[count_++] = token;
    return;
  }
  const auto known = handlers().find(token.text);
  if (known != handlers().end()) (this->*known->second)();
  count_ = 0;
}

QPDFObjectHandle Content::resource(const char* kind, const std::string& name) {
  return member(member(resources_, kind), ("/" + name).c_str());
}

bool Content::has_numbers(size_t count) const {
  if (count_ < count) return false;
  for (size_t i = 0; i < count; ++i) {
    if (operand(i).kind != Token::Kind::number) return false;
  }
  return true;
}

std::optional<std::string> Content::last_name() const {
  if (count_ == 0 || operand(0).kind != Token::Kind::name) return std::nullopt;
  return operand(0).text;
}

void Content::save() {
  if (saved_.size() >= kMostSaved) budget_.overrun();
  saved_.push_back(state_);
}

void Content::restore() {
  if (saved_.size() <= saved_base_) return;
  state_ = std::move(saved_.back());
  saved_.pop_back();
}

void Content::concat() {
  if (!has_numbers(6)) return;
  state_.matrix = state_.matrix.after(
      {number_at(5), number_at(4), number_at(3), number_at(2), number_at(1), number_at(0)});
}

void Content::use_state() {
  const std::optional<std::string> named = last_name();
  if (!named) return;
  QPDFObjectHandle dictionary = resource("/ExtGState", *named);
  if (const auto alpha = number(member(dictionary, "/ca"))) state_.fill.alpha = *alpha;
  if (const auto alpha = number(member(dictionary, "/CA"))) state_.stroke.alpha = *alpha;
  QPDFObjectHandle font = member(dictionary, "/Font");
  if (!font.isArray() || font.getArrayNItems() != 2) return;
  state_.text.font = font_of(font.getArrayItem(0));
  state_.text.size = number(font.getArrayItem(1)).value_or(0);
}

/// Marked content: with its properties in place, or by their name.
void Content::begin_marked() {
  if (const std::optional<std::string> named = last_name(); named && count_ == 2) {
    QPDFObjectHandle properties = resource("/Properties", *named);
    for (const char* key : {"/ActualText", "/Alt", "/E"}) {
      page_.add_hidden(Trick::alternative, text(member(properties, key)));
    }
    return;
  }
  for (size_t i = 0; i + 1 < count_; ++i) {
    const Token& key = operands_[i];
    const Token& value = operands_[i + 1];
    if (key.kind != Token::Kind::name || value.kind != Token::Kind::text) continue;
    if (!is_alternative(key.text)) continue;
    page_.add_hidden(Trick::alternative, QPDFObjectHandle::newString(value.text).getUTF8Value());
  }
}

void Content::invoke() {
  const std::optional<std::string> named = last_name();
  if (!named) return;
  QPDFObjectHandle object = resource("/XObject", *named);
  const std::string subtype = name(member(object, "/Subtype"));
  if (subtype == "Form") {
    run_form(object, {});
  } else if (subtype == "Image") {
    paint_picture();
  }
}

void Content::run_form(const QPDFObjectHandle& form, const Matrix& place) {
  if (depth_ >= kDeepestForm) {
    damaged_ = true;
    return;
  }
  const Decoded content = decode(form, budget_);
  damaged_ = damaged_ || !content.whole;
  const GraphicsState outside = state_;
  const size_t outer_base = std::exchange(saved_base_, saved_.size());
  const Matrix text_outside = text_matrix_;
  const Matrix line_outside = line_matrix_;
  state_.matrix = state_.matrix.after(place).after(matrix_of(member(form, "/Matrix")));
  if (const std::vector<double> n = numbers(member(form, "/BBox"), 4); n.size() == 4) {
    const Box box = Box::around({n[0], n[1]}, {n[2], n[3]});
    state_.clip = state_.clip.within(box.mapped(state_.matrix));
  }
  QPDFObjectHandle own = member(form, "/Resources");
  ++depth_;
  run(content.bytes, own.isDictionary() ? own : resources_);
  --depth_;
  saved_.resize(saved_base_);
  saved_base_ = outer_base;
  state_ = outside;
  text_matrix_ = text_outside;
  line_matrix_ = line_outside;
}

}  // namespace gatehouse::firewall::pdf
