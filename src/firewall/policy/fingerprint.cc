#include "firewall/policy/fingerprint.h"

#include <cmath>

#include <openssl/sha.h>

namespace gatehouse::firewall {
namespace {

/// A canonical text form: fields in fixed order, each ended by '\n', strings by their length.
class Canonical {
 public:
  void number(long long value) {
    text_ += std::to_string(value);
    text_ += '\n';
  }
  void string(std::string_view value) {
    number(static_cast<long long>(value.size()));
    text_ += value;
    text_ += '\n';
  }
  /// Six digits are more than any threshold needs, and hide how a float was spelled.
  void threshold(float value) { number(std::llround(static_cast<double>(value) * 1e6)); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string fingerprint(const PolicySpec& spec, std::span<const Policy::Rule> table,
                        const std::vector<RuleSpec>& by_prefix, std::span<const bool> inspects) {
  Canonical form;
  form.string("gatehouse-policy-1");
  form.string(spec.name);
  form.string(spec.version);
  form.number(static_cast<long long>(spec.mode));
  for (const Policy::Rule& rule : table) {
    form.string(to_string(rule.action));
    form.threshold(rule.threshold);
  }
  form.number(static_cast<long long>(by_prefix.size()));
  for (const RuleSpec& rule : by_prefix) {
    form.string(to_string(rule.category));
    form.string(rule.direction ? to_string(*rule.direction) : std::string_view("*"));
    form.string(rule.source ? to_string(*rule.source) : std::string_view("*"));
    form.string(rule.rule_prefix);
    form.string(rule.action ? to_string(*rule.action) : std::string_view("-"));
    form.threshold(rule.threshold.value_or(-1.0F));
  }
  for (const DetectorSpec& detector : spec.detectors) {
    form.number(detector.enabled ? 1 : 0);
    form.number(static_cast<long long>(detector.on_failure));
    form.number(detector.budget.count());
  }
  for (const bool inspected : inspects) form.number(inspected ? 1 : 0);
  form.number(spec.reversible_redaction ? 1 : 0);
  form.threshold(spec.sample_share);
  form.string(to_string(spec.spotlight));
  form.string(spec.reroute_to);
  form.number(static_cast<long long>(spec.delay_ms));
  form.number(static_cast<long long>(spec.confirm_within_s));
  form.number(spec.canary ? 1 : 0);
  form.number(spec.neutralise_role_markers ? 1 : 0);
  form.string(to_string(spec.unredactable));
  form.number(static_cast<long long>(spec.max_input_bytes));
  form.number(static_cast<long long>(spec.max_hold_back_chars));
  form.number(static_cast<long long>(spec.max_hold_back_ms));
  form.number(static_cast<long long>(spec.max_findings));

  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(form.text().data()), form.text().size(), digest);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  for (size_t i = 0; i < 8; ++i) {
    hex += kHex[digest[i] >> 4U];
    hex += kHex[digest[i] & 15U];
  }
  return hex;
}

}  // namespace gatehouse::firewall
