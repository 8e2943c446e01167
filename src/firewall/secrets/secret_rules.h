#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "firewall/secrets/token_format.h"

namespace gatehouse::firewall {

/// One provider's token, as it stands in rules/secrets.yaml.
struct SecretRule {
  std::string id;
  std::string about;
  TokenFormat format;
  std::string anchor;                // literal that finding starts from
  std::vector<std::string> context;  // lower case; one must stand before the token
  double entropy = 0;                // of the class parts, bits per character
  std::vector<std::string> pass;
};

/// Refuses unknown keys, bad formats, ids given twice, and rules that have neither a literal
/// beginning, an anchor nor context, since nothing would start the search for them.
Result<std::vector<SecretRule>> parse_secret_rules(std::string_view yaml);

}  // namespace gatehouse::firewall
