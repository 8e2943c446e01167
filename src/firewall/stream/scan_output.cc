#include "firewall/pii/pii_detector.h"
#include "firewall/secrets/secret_detector.h"
#include "firewall/signatures/signature_set.h"
#include "firewall/stream/stream_window.h"

namespace gatehouse::firewall {

void scan_output(std::string_view text, const OutputRules& rules, Findings& out) {
  Normalised view;
  clean_text(text, view);
  const size_t first = out.size();
  if (rules.pii) PiiDetector::scan(view.clean, out);
  if (rules.tagger != nullptr) rules.tagger->scan(view.clean, rules.tags, out);
  if (rules.secrets) SecretDetector::standard().scan(view.clean, out);
  if (rules.signatures) {
    SignatureSet::standard().scan(view.canonical, Source::assistant, Direction::output, "signature",
                                  out);
  }
  for (size_t i = first; i < out.size(); ++i) {
    out[i].begin = view.map.to_original(out[i].begin);
    out[i].end = view.map.to_original(out[i].end);
  }
  if (rules.leak != nullptr) {
    const auto step = rules.leak->find(text);
    if (step.found) {
      out.push_back({Category::system_prompt_leak, "leak.system-prompt",
                     static_cast<uint32_t>(step.begin), static_cast<uint32_t>(step.end), 0.95F,
                     step.evidence});
    }
  }
  if (rules.canary != nullptr) {
    const auto step = rules.canary->find(text);
    if (step.found) {
      out.push_back({Category::canary, "canary", static_cast<uint32_t>(step.begin),
                     static_cast<uint32_t>(step.end), 1.0F, "canary"});
    }
  }
  if (rules.sources != nullptr) {
    for (const auto& sentence : SupportCursor(rules.sources).feed(text, 0, true).sentences) {
      out.push_back({Category::ungrounded, kUngroundedRule, static_cast<uint32_t>(sentence.begin),
                     static_cast<uint32_t>(sentence.end), sentence.score, "support"});
    }
  }
  Findings found(out.begin() + static_cast<std::ptrdiff_t>(first), out.end());
  settle_overlaps(found);
  out.resize(first);
  out.insert(out.end(), found.begin(), found.end());
}

}  // namespace gatehouse::firewall
