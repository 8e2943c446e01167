#include <algorithm>

#include "firewall/pdf/content.h"
#include "firewall/pdf/objects.h"

// The operators of colours and paths: what text is painted with, and on.
namespace gatehouse::firewall::pdf {
namespace {

constexpr size_t kMostPainted = 64;  // the last ones count
constexpr double kOpaque = 0.9;

double component(double value) {
  return std::clamp(value, 0.0, 1.0);
}

Colour colour_of(Space space, const std::array<double, 4>& n, size_t count) {
  const auto light = [&n](size_t ink) { return (1 - component(n[ink])) * (1 - component(n[3])); };
  switch (space) {
    case Space::grey:
      return Colour::grey(component(n[0]));
    case Space::rgb:
      return {true, component(n[0]), component(n[1]), component(n[2])};
    case Space::cmyk:
      return {true, light(0), light(1), light(2)};
    case Space::lab:
      return Colour::grey(component(n[0] / 100));
    case Space::inks: {  // none of them leaves the paper
      const bool bare = std::all_of(n.begin(), n.begin() + static_cast<std::ptrdiff_t>(count),
                                    [](double tint) { return tint <= 0; });
      return bare ? Colour::grey(1) : Colour::unknown();
    }
    case Space::unknown:
      break;
  }
  return Colour::unknown();
}

Space space_named(const std::string& name) {
  if (name == "DeviceGray" || name == "G" || name == "CalGray") return Space::grey;
  if (name == "DeviceRGB" || name == "RGB" || name == "CalRGB") return Space::rgb;
  if (name == "DeviceCMYK" || name == "CMYK") return Space::cmyk;
  if (name == "Lab") return Space::lab;
  if (name == "Separation" || name == "DeviceN") return Space::inks;
  return Space::unknown;
}

}  // namespace

void Content::set_device(Paint& paint, Space space, size_t components) {
  if (!has_numbers(components)) return;
  paint.space = space;
  set_colour(paint);
}

void Content::fill_grey() {
  set_device(state_.fill, Space::grey, 1);
}
void Content::fill_rgb() {
  set_device(state_.fill, Space::rgb, 3);
}
void Content::fill_cmyk() {
  set_device(state_.fill, Space::cmyk, 4);
}
void Content::fill_space() {
  set_space(state_.fill);
}
void Content::fill_colour() {
  set_colour(state_.fill);
}
void Content::stroke_grey() {
  set_device(state_.stroke, Space::grey, 1);
}
void Content::stroke_rgb() {
  set_device(state_.stroke, Space::rgb, 3);
}
void Content::stroke_cmyk() {
  set_device(state_.stroke, Space::cmyk, 4);
}
void Content::stroke_space() {
  set_space(state_.stroke);
}
void Content::stroke_colour() {
  set_colour(state_.stroke);
}

void Content::set_space(Paint& paint) {
  const std::optional<std::string> named = last_name();
  if (!named) return;
  paint.space = space_named(*named);
  if (paint.space == Space::unknown) paint.space = space_of(resource("/ColorSpace", *named));
  const bool inks = paint.space == Space::inks || paint.space == Space::unknown;
  paint.colour = inks ? Colour::unknown() : Colour::grey(0);
}

Space Content::space_of(QPDFObjectHandle space) const {
  if (space.isName()) return space_named(name(space));
  if (!space.isArray() || space.getArrayNItems() < 2) return Space::unknown;
  const std::string family = name(space.getArrayItem(0));
  if (family != "ICCBased") return space_named(family);
  const double components = number(member(space.getArrayItem(1), "/N")).value_or(0);
  if (components == 1) return Space::grey;
  if (components == 3) return Space::rgb;
  return components == 4 ? Space::cmyk : Space::unknown;
}

void Content::set_colour(Paint& paint) {
  std::array<double, 4> n{};
  const size_t count = std::min(count_, n.size());
  if (count_ > n.size() && paint.space == Space::inks) {
    paint.colour = Colour::unknown();
    return;
  }
  if (!has_numbers(count)) {  // a pattern's name
    paint.colour = Colour::unknown();
    return;
  }
  for (size_t i = 0; i < count; ++i) n[i] = number_at(count - 1 - i);
  paint.colour = colour_of(paint.space, n, count);
}

void Content::add_rectangle() {
  if (!has_numbers(4)) return;
  const Point corner{number_at(3), number_at(2)};
  const Box box = Box::around(corner, {corner.x + number_at(1), corner.y + number_at(0)});
  if (rectangles_.size() < kMostPainted) rectangles_.push_back(box.mapped(state_.matrix));
}

void Content::add_point() {
  if (!has_numbers(2)) return;
  const Point p = state_.matrix.map({number_at(1), number_at(0)});
  if (!outline_) outline_ = Box::around(p, p);
  outline_ = Box{std::min(outline_->left, p.x), std::min(outline_->bottom, p.y),
                 std::max(outline_->right, p.x), std::max(outline_->top, p.y)};
}

void Content::clip() {
  clips_ = true;
}

void Content::fill_path() {
  const Colour colour = state_.fill.alpha >= kOpaque ? state_.fill.colour : Colour::unknown();
  // What is no rectangle may or may not lie under a text.
  if (outline_) paint(*outline_, Colour::unknown());
  for (const Box& box : rectangles_) paint(box, colour);
  end_path();
}

void Content::end_path() {
  if (clips_ && rectangles_.size() == 1 && !outline_) {
    state_.clip = state_.clip.within(rectangles_.front());
  }
  rectangles_.clear();
  outline_.reset();
  clips_ = false;
}

void Content::paint(const Box& box, const Colour& colour) {
  if (painted_.size() >= kMostPainted) painted_.pop_front();
  painted_.push_back({box.within(state_.clip), colour});
}

void Content::paint_picture() {
  page_.add_picture();
  paint(Box{0, 0, 1, 1}.mapped(state_.matrix), Colour::unknown());
}

void Content::paint_all() {
  paint(state_.clip, Colour::unknown());
}

/// Paper is white.
Colour Content::colour_at(Point p) const {
  const auto top = std::find_if(painted_.rbegin(), painted_.rend(),
                                [p](const Painted& painted) { return painted.box.holds(p); });
  return top == painted_.rend() ? Colour::grey(1) : top->colour;
}

}  // namespace gatehouse::firewall::pdf
