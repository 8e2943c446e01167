#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::firewall {

/// JSON that may come in pieces, as it reads: the escapes of its strings undone; and the way back:
/// what is taken out of the view is taken out of the JSON, which stays JSON. Escapes go in whole,
/// quotes and brackets stay, and a number, which can't hold a placeholder, becomes a string.
///
/// A text that begins with neither a bracket nor a quote is taken as it is. Of what is JSON at its
/// beginning only, each part is read as well as it can be. Belongs to one text; not thread-safe.
class JsonView {
 public:
  /// Appends to `out` what stands for the bytes [begin, end) of the view, which `rule` found. Must
  /// need no escape inside a string.
  using Placeholder =
      std::function<void(std::string_view rule, size_t begin, size_t end, std::string& out)>;
  explicit JsonView(Placeholder placeholder) : placeholder_(std::move(placeholder)) {}

  /// Appends to `view` how `text` reads. An escape that the end of the piece cuts waits for more.
  void feed(std::string_view text, std::string& view);
  /// The end of the JSON: an escape that was cut reads as it stands.
  void finish(std::string& view);

  // The view's bytes from the last call's end up to `to`, in order:
  /// … are appended to `out` as the JSON that they came from; a number when it has ended.
  void show(size_t to, std::string& out) { pass(to, Fate::show, {}, out); }
  /// … give way to a placeholder, one in each string or number that they reach into.
  void replace(size_t to, std::string_view rule, std::string& out) {
    pass(to, Fate::replace, rule, out);
  }
  /// … go, because what came before stands for them; a number is replaced all the same.
  void drop(size_t to, std::string_view rule, std::string& out) { pass(to, Fate::drop, rule, out); }
  /// All was passed: a number at the end is complete.
  void end(std::string& out) { end_number(out); }

 private:
  enum class Mode : uint8_t { unknown, text, json };
  enum class Kind : uint8_t { structure, text, number };
  enum class Fate : uint8_t { show, replace, drop };
  /// Bytes of one kind. An escape is a piece of its own, which is passed in whole; elsewhere both
  /// sizes are the same.
  struct Piece {
    Kind kind = Kind::text;
    bool escape = false;
    size_t view = 0;  // bytes of the view
    size_t raw = 0;   // bytes of the JSON
  };

  void take(char c, std::string& view);
  static bool begins_word(std::string_view text);
  void take_outside(char c, std::string& view);
  void take_escape(std::string& view);
  void add(Kind kind, std::string_view raw, std::string& view);
  void pass(size_t to, Fate fate, std::string_view rule, std::string& out);
  size_t text_end(size_t to) const;
  void add_number(std::string_view raw, Fate fate, std::string_view rule, std::string& out);
  void end_number(std::string& out);
  void advance(size_t view, size_t raw);

  const Placeholder placeholder_;
  Mode mode_ = Mode::unknown;
  Kind token_ = Kind::structure;  // outside of strings: what is under way
  std::string word_;              // … since the last structure, until it is text or a number
  bool in_string_ = false;
  std::string escape_;  // that has begun

  std::vector<Piece> pieces_;
  size_t next_ = 0;  // piece that is not all passed
  std::string raw_;  // of the pieces from `raw_at_` on
  size_t raw_at_ = 0;
  size_t at_ = 0;  // bytes of the view that were passed

  std::string number_;  // passed, not yet written
  size_t number_begin_ = 0;
  std::string_view number_rule_;  // not empty: a placeholder takes the number's place
};

}  // namespace gatehouse::firewall
