#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "firewall/pdf/graphics.h"
#include "firewall/pdf/lexer.h"
#include "firewall/pdf/page_text.h"
#include "firewall/pdf/qpdf.h"

namespace gatehouse::firewall::pdf {

/// Carries out content streams as far as text depends on them (ISO 32000-1, 8 and 9): where it
/// stands, how large it is, what it is painted with and on. Belongs to one file.
class Content {
 public:
  Content(Budget& budget, PageText& page) : budget_(budget), page_(page) {}

  /// A page's content on a sheet of this size.
  void run_page(const Box& sheet, std::string_view bytes, const QPDFObjectHandle& resources);
  /// A form XObject on it: an annotation's appearance.
  void run_form(const QPDFObjectHandle& form, const Matrix& place);

  /// A stream or a form could not be read to its end.
  bool damaged() const { return damaged_; }
  void add_damage() { damaged_ = true; }

 private:
  using Handler = void (Content::*)();
  static const std::unordered_map<std::string_view, Handler>& handlers();
  struct Painted {
    Box box;
    Colour colour;
  };
  using Fonts = std::unordered_map<std::string, std::shared_ptr<const Font>>;

  void run(std::string_view bytes, QPDFObjectHandle resources);
  void take(const Token& token);
  QPDFObjectHandle resource(const char* kind, const std::string& name);

  // Operands, counted from the end.
  bool has_numbers(size_t count) const;
  double number_at(size_t from_end) const { return operand(from_end).number; }
  const Token& operand(size_t from_end) const { return operands_[count_ - 1 - from_end]; }
  std::optional<std::string> last_name() const;

  // content.cc: the state
  void save();
  void restore();
  void concat();
  void use_state();
  void begin_marked();
  void invoke();

  // content_text.cc
  void begin_text();
  void set_font();
  void use_font(const std::string& name, double size);
  std::shared_ptr<const Font> font_of(const QPDFObjectHandle& dictionary);
  void set_character_spacing();
  void set_word_spacing();
  void set_scale();
  void set_leading();
  void set_mode();
  void set_rise();
  void move();
  void move_and_lead();
  void set_text_matrix();
  void next_line();
  void show_string();
  void show_array();
  void show_on_next_line();
  void show_spaced();
  void move_by(double x, double y);
  void advance(double by);
  void show(std::string_view bytes);
  Matrix text_to_page() const;
  Point origin() const;
  std::optional<Trick> trick_of(const Piece& piece) const;

  // content_paint.cc
  void fill_grey();
  void fill_rgb();
  void fill_cmyk();
  void fill_space();
  void fill_colour();
  void stroke_grey();
  void stroke_rgb();
  void stroke_cmyk();
  void stroke_space();
  void stroke_colour();
  void set_space(Paint& paint);
  void set_colour(Paint& paint);
  void set_device(Paint& paint, Space space, size_t components);
  Space space_of(QPDFObjectHandle space) const;
  void add_rectangle();
  void add_point();
  void clip();
  void fill_path();
  void end_path();
  void paint(const Box& box, const Colour& colour);
  void paint_picture();
  void paint_all();
  Colour colour_at(Point p) const;

  Budget& budget_;
  PageText& page_;
  std::map<QPDFObjGen, std::shared_ptr<const Font>> fonts_;  // of the file
  bool damaged_ = false;

  GraphicsState state_;
  std::vector<GraphicsState> saved_;
  size_t saved_base_ = 0;  // those before belong to who invoked this form
  Matrix text_matrix_, line_matrix_;
  std::deque<Painted> painted_;  // the last ones
  std::vector<Box> rectangles_;  // of the path, on the page
  std::optional<Box> outline_;   // … of what else is in it
  bool clips_ = false;

  QPDFObjectHandle resources_;
  Fonts named_fonts_;  // of these resources
  int depth_ = 0;
  std::vector<Token> operands_;
  size_t count_ = 0;
  std::string shown_;
};

}  // namespace gatehouse::firewall::pdf
