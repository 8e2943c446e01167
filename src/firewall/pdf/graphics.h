#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "firewall/pdf/font.h"

/// What a content stream's operators change (ISO 32000-1, 8.4 and 9.3). Plain values.
namespace gatehouse::firewall::pdf {

struct Point {
  double x = 0;
  double y = 0;
};

struct Matrix {
  double a = 1, b = 0, c = 0, d = 1, e = 0, f = 0;

  Point map(Point p) const { return {a * p.x + c * p.y + e, b * p.x + d * p.y + f}; }
  /// First `m`, then this.
  Matrix after(const Matrix& m) const {
    return {m.a * a + m.b * c, m.a * b + m.b * d,     m.c * a + m.d * c,
            m.c * b + m.d * d, m.e * a + m.f * c + e, m.e * b + m.f * d + f};
  }
  /// How long what is one unit long becomes.
  double across() const { return std::hypot(a, b); }
  double upward() const { return std::hypot(c, d); }
};

struct Box {
  double left = 0, bottom = 0, right = 0, top = 0;

  static Box around(Point p, Point q) {
    return {std::min(p.x, q.x), std::min(p.y, q.y), std::max(p.x, q.x), std::max(p.y, q.y)};
  }
  bool holds(Point p) const { return p.x >= left && p.x <= right && p.y >= bottom && p.y <= top; }
  Box within(const Box& other) const {
    return {std::max(left, other.left), std::max(bottom, other.bottom),
            std::min(right, other.right), std::min(top, other.top)};
  }
  /// Around where `m` puts its corners.
  Box mapped(const Matrix& m) const {
    const Box one = around(m.map({left, bottom}), m.map({right, top}));
    const Box other = around(m.map({left, top}), m.map({right, bottom}));
    return {std::min(one.left, other.left), std::min(one.bottom, other.bottom),
            std::max(one.right, other.right), std::max(one.top, other.top)};
  }
};

struct Colour {
  bool known = true;  // else a pattern, a table's entry or a mix of inks
  double red = 0, green = 0, blue = 0;

  static Colour unknown() { return {false, 0, 0, 0}; }
  static Colour grey(double level) { return {true, level, level, level}; }
  /// Whether an eye would hardly see one on the other.
  bool like(const Colour& other) const {
    constexpr double kUnseen = 0.06;
    return known && other.known && std::abs(red - other.red) < kUnseen &&
           std::abs(green - other.green) < kUnseen && std::abs(blue - other.blue) < kUnseen;
  }
};

enum class Space : unsigned char { grey, rgb, cmyk, lab, inks, unknown };

struct Paint {
  Space space = Space::grey;
  Colour colour;
  double alpha = 1;
};

struct TextState {
  std::shared_ptr<const Font> font;
  double size = 0;
  double character_spacing = 0;
  double word_spacing = 0;
  double scale = 1;  // horizontal
  double leading = 0;
  double rise = 0;
  int mode = 0;
};

struct GraphicsState {
  Matrix matrix;
  Box clip;
  Paint fill, stroke;
  TextState text;
};

}  // namespace gatehouse::firewall::pdf
