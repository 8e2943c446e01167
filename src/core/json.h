#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <simdjson.h>

#include "core/result.h"

/// The one JSON layer: simdjson reads what comes from outside (whole-document validation, UTF-8
/// included), Boost.JSON builds what goes out.
namespace gatehouse::json {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;

/// Bytes that must be readable behind a document: what simdjson's vector loads may touch.
inline constexpr size_t kPadding = simdjson::SIMDJSON_PADDING;
/// Nesting deeper than this is refused.
inline constexpr size_t kMaxDepth = 64;

/// Parses documents one after the other, reusing its memory. An element lives until the next
/// `parse` and as long as the parser. Not thread-safe.
class Parser {
 public:
  /// `text` grows its capacity by `kPadding` if it has to; its bytes stay as they are. The error
  /// says what is wrong in words ("is not valid UTF-8", "is nested deeper than 64 levels").
  Result<Element> parse(std::string& text);
  /// Copies `text` first. For what is not on the data path.
  Result<Element> parse_copy(std::string_view text);

 private:
  simdjson::dom::parser parser_;
  std::string copy_;
};

/// A parser for the calling thread's short, synchronous uses: never keep an element across a
/// `co_await` or another call that may parse.
Parser& thread_parser();

/// "an object", "a string", … for messages about a wrong type.
std::string_view type_name(const Element& element);

/// The element as compact JSON text.
std::string raw(const Element& element);

/// Appends `text` as a JSON string, quotes included. `text` must be valid UTF-8.
void append_string(std::string& out, std::string_view text);

/// The same for bytes of unknown origin: what is not valid UTF-8 becomes U+FFFD.
void append_untrusted_string(std::string& out, std::string_view text);

/// Appends a number with at most six decimal places ("0.03", "12"); null if it is not finite.
void append_decimal(std::string& out, double value);

namespace build = boost::json;

}  // namespace gatehouse::json
