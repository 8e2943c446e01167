#include "core/json.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

namespace {

/// What a text holds that can't be copied into a JSON string as it is.
struct Scan {
  bool special = false;  // must be escaped
  bool non_ascii = false;
};

bool is_special(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

#if defined(__SSE2__)
void scan_block(__m128i bytes, Scan& scan) {
  const __m128i special =
      _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
                   _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes));
  scan.special |= _mm_movemask_epi8(special) != 0;
  scan.non_ascii |= _mm_movemask_epi8(bytes) != 0;
}

__m128i load8(const char* at) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at));
}
#endif

/// Most strings in records and logs are short and plain, so this is most of what they cost.
Scan scan_text(std::string_view text) {
  Scan scan;
  size_t i = 0;
#if defined(__SSE2__)
  const char* const data = text.data();
  const size_t size = text.size();
  for (; i + 16 <= size; i += 16) {
    scan_block(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data + i)), scan);
  }
  if (i < size && size >= 16) {  // the rest, with bytes that were seen before
    scan_block(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data + size - 16)), scan);
    return scan;
  }
  if (size >= 8 && size < 16) {
    scan_block(_mm_unpacklo_epi64(load8(data), load8(data + size - 8)), scan);
    return scan;
  }
#endif
  for (; i < text.size(); ++i) {
    scan.special |= is_special(text[i]);
    scan.non_ascii |= static_cast<unsigned char>(text[i]) >= 0x80;
  }
  return scan;
}

void append_plain(std::string& out, std::string_view text) {
  out.push_back('"');
  out.append(text);
  out.push_back('"');
}

void append_escaped(std::string& out, std::string_view text) {
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

}  // namespace

void append_string(std::string& out, std::string_view text) {
  if (scan_text(text).special) return append_escaped(out, text);
  append_plain(out, text);
}

void append_untrusted_string(std::string& out, std::string_view text) {
  const Scan scan = scan_text(text);
  if (!scan.special && !scan.non_ascii) return append_plain(out, text);
  if (!scan.non_ascii || simdjson::validate_utf8(text)) return append_escaped(out, text);
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
  append_escaped(out, clean);
}

void append_decimal(std::string& out, double value) {
  char buffer[40];
  constexpr double kExact = 1e9;  // up to here the digits below are exact to the sixth place
  if (!(value > -kExact && value < kExact)) {
    if (!std::isfinite(value)) {
      out.append("null");
      return;
    }
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
    return;
  }
  int64_t millionths = std::llround(value * 1e6);
  if (millionths < 0) out.push_back('-');
  millionths = std::abs(millionths);
  char* end = std::to_chars(buffer, buffer + sizeof buffer, millionths / 1'000'000).ptr;
  int64_t rest = millionths % 1'000'000;
  if (rest != 0) {
    *end++ = '.';
    for (int64_t unit = 100'000; rest != 0; unit /= 10) {
      *end++ = static_cast<char>('0' + rest / unit);
      rest %= unit;
    }
  }
  out.append(buffer, end);
}

}  // namespace gatehouse::json
