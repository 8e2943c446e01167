#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::firewall::pdf {

struct Token {
  enum class Kind : uint8_t {
    end,
    number,
    name,  // without its slash
    text,
    word,  // an operator, or true, false and null
    array_begin,
    array_end,
    dict_begin,
    dict_end
  };
  Kind kind = Kind::end;
  double number = 0;
  std::string text;  // of name, text and word

  bool is(std::string_view operation) const { return kind == Kind::word && text == operation; }
};

/// Content streams and CMaps, token by token: qpdf's own parser makes objects of them, which take a
/// hundred times a stream's memory. Reads whatever it is given; linear. The bytes must outlive it.
class Lexer {
 public:
  explicit Lexer(std::string_view bytes) : bytes_(bytes) {}

  /// Reuses `token`, so that it stops allocating. False at the end.
  bool next(Token& token);
  /// After the word ID: goes on behind the EI that ends the image's bytes.
  void skip_image();

 private:
  void skip_blanks();
  void read_number(Token& token);
  void read_name(std::string& out);
  void read_string(std::string& out);
  void read_escape(std::string& out);
  void read_hex(std::string& out);
  bool plausible_after(size_t at) const;
  bool has() const { return at_ < bytes_.size(); }

  const std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace gatehouse::firewall::pdf
