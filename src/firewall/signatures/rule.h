#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "firewall/types.h"

namespace gatehouse::firewall {

/// One signature as it stands in a rule file; see the head of rules/signatures.yaml for what each
/// field means.
struct SignatureRule {
  std::string id;
  std::string about;
  std::string owasp;
  std::string atlas;
  Category category = Category::injection;
  float score = 0;
  uint8_t sources = 0xFF;    // a bit per Source
  uint8_t directions = 1;    // a bit per Direction
  std::string pattern;       // a Vectorscan expression, placeholders and spaces expanded
  std::string lead;          // what has to stand right before it; or empty
  std::string except;        // where this stands before or in a match, it does not count; or empty
  std::string except_after;  // the same of what follows in the sentence; of input rules only
  std::vector<std::string> match;
  std::vector<std::string> pass;

  /// The lead and the pattern.
  std::string whole() const { return lead + "(?:" + pattern + ")"; }
  bool holds_for(Source source) const {
    return (sources >> static_cast<unsigned>(source) & 1u) != 0;
  }
  bool holds_for(Direction direction) const {
    return (directions >> static_cast<unsigned>(direction) & 1u) != 0;
  }
};

/// Reads a rule file. Refuses unknown keys, missing fields, unknown categories and ids given twice,
/// and names the rule at fault.
Result<std::vector<SignatureRule>> parse_signature_rules(std::string_view yaml);

struct Expression;
/// What a text is scanned for: the patterns of the rules that hold for a direction, without their
/// leads. A rule's index is its id.
std::vector<Expression> pattern_expressions(std::span<const SignatureRule> rules,
                                            Direction direction);

/// What is looked for around a match of a pattern.
enum class Around : uint8_t { except, except_after, whole };  // whole: the lead and the pattern
/// The same of all rules, in one database: the id says which of what rule.
std::vector<Expression> around_expressions(std::span<const SignatureRule> rules);
inline constexpr size_t kArounds = 3;
inline unsigned around_id(size_t rule, Around around) {
  return static_cast<unsigned>(rule * kArounds + static_cast<size_t>(around));
}
/// No match of a lead with its pattern is longer; bytes.
inline constexpr size_t kLongestLed = 256;

}  // namespace gatehouse::firewall
