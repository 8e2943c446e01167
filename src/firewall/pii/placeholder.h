#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::firewall {

/// A longer text in brackets is no placeholder.
inline constexpr size_t kLongestPlaceholder = 48;

/// The word in the placeholder of what a rule found: "pii.us-ssn" gives "US_SSN", any secret
/// "SECRET".
std::string placeholder_label(std::string_view rule);

/// Appends the placeholder of what doesn't come back: "[SECRET]".
void append_label(std::string_view rule, std::string& out);

/// What stands at one place of a text, as far as the text goes.
struct PlaceholderLook {
  enum class Kind : uint8_t { none, partial, whole } kind = Kind::none;
  size_t end = 0;
  std::string placeholder;  // in capitals, brackets plain
};

/// Whether a numbered placeholder stands at `at`: "[" label "_" digits "]", where a Markdown writer
/// may have put backslashes before brackets and underscores, and a JSON writer may have escaped the
/// brackets.
PlaceholderLook look_at_placeholder(std::string_view text, size_t at);

}  // namespace gatehouse::firewall
