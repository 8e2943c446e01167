#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "firewall/pdf/budget.h"
#include "firewall/pdf/graphics.h"
#include "firewall/pdf/reader.h"

namespace gatehouse::firewall::pdf {

/// The narrowest gap between words, of a line's height.
inline constexpr double kBlank = 0.17;

/// A text and where on the page it stands.
struct Piece {
  std::string_view text;
  Point begin, end;   // on its base line
  double height = 0;  // of a line of it
};

/// Texts drawn one after the other, joined as they read: blanks and line breaks are mostly not
/// told, only where the next text stands.
class Flow {
 public:
  void add(const Piece& piece);
  /// Sets apart what comes.
  void end_line();
  const std::string& text() const { return text_; }
  std::string& text() { return text_; }

 private:
  enum class Gap : unsigned char { none, blank, line };
  Gap gap_before(const Piece& piece) const;

  std::string text_;
  bool begun_ = false;
  Point end_;
  Point direction_;
  double height_ = 0;
};

/// The texts of a file's pages: what is seen, what is hidden and in which way, and both together.
class PageText {
 public:
  explicit PageText(Budget& budget) : budget_(budget) {}

  void add(const Piece& piece, std::optional<Trick> trick);
  /// What is hidden and stands nowhere.
  void add_hidden(Trick trick, std::string_view text);
  /// A code whose meaning no one knows.
  void add_unmapped() { ++unmapped_; }
  void add_picture() { pictures_ = true; }
  void end_page();

  /// Moves all texts and what could not be read into the document.
  void give(Document& out);

 private:
  Budget& budget_;
  Flow visible_, all_;
  std::array<Flow, kTrickCount> hidden_;
  size_t unmapped_ = 0;
  bool pictures_ = false;
};

}  // namespace gatehouse::firewall::pdf
