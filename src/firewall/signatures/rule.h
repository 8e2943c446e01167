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
  std::string except;        // where this stands before or in a match, it does not count; or empty
  std::string except_after;  // the same of what follows in the sentence; of input rules only
  std::vector<std::string> match;
  std::vector<std::string> pass;

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
/// What the rules compile to, with a rule's index as the id: the patterns of those that hold for a
/// direction, and the exceptions of all, those of what follows with the number of rules added.
std::vector<Expression> pattern_expressions(std::span<const SignatureRule> rules,
                                            Direction direction);
std::vector<Expression> except_expressions(std::span<const SignatureRule> rules);

}  // namespace gatehouse::firewall
