#include "core/json.h"

#include <fmt/format.h>

namespace gatehouse::json {
namespace {

/// A parser that once read a huge document gives its memory back.
constexpr size_t kKeepCapacity = 1 << 20;

std::string describe(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return "is not valid UTF-8";
    case simdjson::DEPTH_ERROR:
      return fmt::format("is nested deeper than {} levels", kMaxDepth);
    case simdjson::EMPTY:
      return "is empty";
    case simdjson::UNESCAPED_CHARS:
      return "has a control character inside a string";
    case simdjson::UNCLOSED_STRING:
      return "ends inside a string";
    case simdjson::NUMBER_ERROR:
      return "has a number that is not valid JSON or out of range";
    case simdjson::STRING_ERROR:
      return "has a string with an invalid escape";
    case simdjson::CAPACITY:
      return "is too large";
    default:
      return "is not valid JSON";
  }
}

}  // namespace

Result<Element> Parser::parse(std::string& text) {
  if (text.capacity() < text.size() + kPadding) text.reserve(text.size() + kPadding);
  if (parser_.capacity() < text.size() || parser_.max_depth() != kMaxDepth ||
      (parser_.capacity() > kKeepCapacity && text.size() < kKeepCapacity)) {
    const size_t wanted = std::max<size_t>(text.size(), 16 * 1024);
    if (parser_.allocate(wanted, kMaxDepth) != simdjson::SUCCESS) {
      return refuse(Refusal::internal(Layer::api, "out of memory for a JSON document"));
    }
  }
  Element root;
  const auto error = parser_.parse(text.data(), text.size(), false).get(root);
  if (error != simdjson::SUCCESS) {
    return refuse(Refusal::invalid("", "The body " + describe(error) + ".", "invalid_json"));
  }
  return root;
}

Result<Element> Parser::parse_copy(std::string_view text) {
  copy_.assign(text);
  return parse(copy_);
}

Parser& thread_parser() {
  thread_local Parser parser;
  return parser;
}

std::string_view type_name(const Element& element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "an array";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
      return "an integer";
    case simdjson::dom::element_type::DOUBLE:
      return "a number";
    case simdjson::dom::element_type::STRING:
      return "a string";
    case simdjson::dom::element_type::BOOL:
      return "a boolean";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
  }
  return "unknown";
}

std::string raw(const Element& element) {
  return simdjson::minify(element);
}

void append_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  size_t clean = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, clean, i - clean);
    clean = i + 1;
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      default:
        out.append("\\u00");
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
    }
  }
  out.append(text, clean, text.size() - clean);
  out.push_back('"');
}

void append_untrusted_string(std::string& out, std::string_view text) {
  if (simdjson::validate_utf8(text)) return append_string(out, text);
  // Rare: keep each whole sequence, replace each byte that begins none.
  std::string clean;
  clean.reserve(text.size() + 16);
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (i + size <= text.size() && simdjson::validate_utf8(text.substr(i, size))) {
      clean.append(text, i, size);
      i += size;
    } else {
      clean.append("\xef\xbf\xbd");
      ++i;
    }
  }
  append_string(out, clean);
}

}  // namespace gatehouse::json
