#include <algorithm>

#include "firewall/inspector.h"

namespace gatehouse::firewall {

tagger::Wanted wanted_tags(const Policy& policy, Direction direction, Source source) {
  return {policy.acts_on(Category::pii, tagger::kNameRule, direction, source),
          policy.acts_on(Category::pii, tagger::kAddressRule, direction, source)};
}

Action Judge::operator()(const Finding& finding, Source source, uint32_t segment, bool fixed) {
  float& top = verdict_.scores[static_cast<size_t>(finding.category)];
  top = std::max(top, finding.score);
  Policy::Rule rule = policy_.rule_for(finding, direction_, source);
  const bool edits = rule.action == Action::redact || rule.action == Action::rewrite;
  if (fixed && edits) rule.action = policy_.spec().unredactable;
  if (rule.action == Action::allow || finding.score < rule.threshold) return Action::allow;
  if (!policy_.shadow()) verdict_.called_for.add(rule.action);
  if (edits_ != nullptr && edits && !fixed) {
    edits_->push_back({finding, segment, rule.action, rule.threshold});
  }
  // The decision must not depend on how many findings are kept: one that changes it always is.
  const bool full = verdict_.findings.size() >= policy_.spec().max_findings;
  if (full && rule.action <= verdict_.unshadowed) {
    ++verdict_.findings_dropped;
    return rule.action;
  }
  verdict_.findings.push_back({finding, segment, rule.action, rule.threshold});
  const bool decides = !verdict_.decisive || rule.action > verdict_.unshadowed ||
                       (rule.action == verdict_.unshadowed &&
                        finding.score > verdict_.findings[*verdict_.decisive].finding.score);
  if (decides) verdict_.decisive = verdict_.findings.size() - 1;
  verdict_.unshadowed = std::max(verdict_.unshadowed, rule.action);
  return rule.action;
}

void Judge::settle() {
  verdict_.action =
      policy_.shadow() ? std::min(verdict_.unshadowed, Action::flag) : verdict_.unshadowed;
  // A mandatory detector that could not run stops a request only where the policy is enforced.
  if (policy_.shadow()) verdict_.cannot_run.reset();
}

}  // namespace gatehouse::firewall
