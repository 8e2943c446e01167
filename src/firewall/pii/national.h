#pragma once

#include <span>
#include <string_view>

namespace gatehouse::firewall {

/// A kind of personal number: how it is written, how it is checked, which words announce it.
struct NumberKind {
  /// "pii.us-ssn"; what findings carry as their rule.
  std::string_view rule;
  /// How it is written: d a digit, A a letter, x either, other characters themselves, '-' one of
  /// "- ." or a slash, '_' the same or nothing; the same sign throughout. '|' parts alternatives.
  std::string_view masks;
  /// The number without separators, letters in upper case.
  bool (*valid)(std::string_view compact);
  /// Words, lower case, parted by '|'; any of them close before the number. Empty: none is needed.
  std::string_view context;
  float score = 0.9F;  // when valid, and the context (if asked for) stands
  /// Whether the number needs no context when it is written with its separators: with dashes only,
  /// or with any (a space is also what parts two numbers that have nothing to do with each other).
  enum class Shape : unsigned char { no, dashes, any } shape_is_enough = Shape::no;
};

/// National ids, tax, health and social-security numbers of some forty countries, payment cards and
/// other numbers. Ordered: of two kinds that fit the same digits the earlier one wins.
std::span<const NumberKind> number_kinds();

/// Length an IBAN of this country has (SWIFT registry), 0 for none.
unsigned iban_length(std::string_view country);

}  // namespace gatehouse::firewall
