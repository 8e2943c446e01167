#include "firewall/policy/policy.h"

#include <algorithm>
#include <utility>

#include "core/refusal.h"
#include "firewall/policy/defaults.h"
#include "firewall/policy/fingerprint.h"

namespace gatehouse::firewall {
namespace {

constexpr std::array<std::string_view, kDetectorCount> kDetectorNames = {
    "normaliser", "role_markers", "signatures", "learned",   "pii",     "secrets", "leak",
    "canary",     "abuse",        "precise",    "grounding", "runaway", "refusal", "form"};
constexpr std::array<std::string_view, 3> kModeNames = {"enforce", "shadow", "sample"};
constexpr std::array<std::string_view, 4> kSpotlightNames = {"off", "delimit", "mark", "encode"};
constexpr std::array<std::string_view, 2> kOnFailureNames = {"open", "closed"};

constexpr size_t kMaxRules = 1000;
constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxPrefixBytes = 64;

template <typename Enum, size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Enum>(at - names.begin());
}

bool matches(const RuleSpec& rule, Direction direction, Source source) {
  return rule.direction.value_or(direction) == direction && rule.source.value_or(source) == source;
}

void apply(const RuleSpec& spec, Policy::Rule& rule) {
  if (spec.action) rule.action = *spec.action;
  if (spec.threshold) rule.threshold = *spec.threshold;
}

Refusal wrong(std::string path, std::string message) {
  Refusal refusal = Refusal::invalid(std::move(path), std::move(message), "invalid_policy");
  refusal.layer = Layer::firewall;
  return refusal;
}

/// Names go into metrics, records and headers: no spaces, no control characters.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.' || c == '/';
         });
}

/// What an action can mean depends on the direction: text that is already shown cannot be asked
/// about, and a model's answer cannot be sent to another model.
bool possible(Action action, Direction direction) {
  if (direction == Direction::input) return true;
  return action != Action::reroute && action != Action::delay && action != Action::ask;
}

bool watches_answers_only(Detector detector) {
  switch (detector) {
    case Detector::leak:
    case Detector::canary:
    case Detector::grounding:
    case Detector::runaway:
    case Detector::refusal:
    case Detector::form:
      return true;
    default:
      return false;
  }
}

Result<void> check_rule(const RuleSpec& rule, const std::string& path) {
  if (!rule.action && !rule.threshold) {
    return refuse(wrong(path, "A rule needs an action, a threshold, or both."));
  }
  // Written so that a NaN fails too.
  if (rule.threshold && !(*rule.threshold >= 0 && *rule.threshold <= 1)) {
    return refuse(wrong(path + ".threshold", "Expected a number from 0 to 1."));
  }
  if (rule.rule_prefix.size() > kMaxPrefixBytes) {
    return refuse(wrong(path + ".rule_prefix", "Expected at most 64 bytes."));
  }
  if (rule.action && rule.direction == Direction::output &&
      !possible(*rule.action, Direction::output)) {
    return refuse(wrong(path + ".action", "Expected allow, flag, rewrite, redact or block: '" +
                                              std::string(to_string(*rule.action)) +
                                              "' cannot be done to output."));
  }
  return {};
}

/// What is done with documents, of which nothing can be changed.
Result<void> check_documents(const PolicySpec& spec) {
  const auto can_be = [](Action action) {
    return action == Action::flag || action == Action::block;
  };
  if (spec.unread_documents != Action::allow && !can_be(spec.unread_documents)) {
    return refuse(wrong("unread_documents", "Expected allow, flag or block."));
  }
  if (!can_be(spec.unredactable)) return refuse(wrong("unredactable", "Expected flag or block."));
  return {};
}

/// What the actions need beside a rule.
Result<void> check_actions(const PolicySpec& spec) {
  const bool reroutes = std::any_of(spec.rules.begin(), spec.rules.end(), [](const RuleSpec& rule) {
    return rule.action == Action::reroute;
  });
  if (reroutes && spec.reroute_to.empty()) {
    return refuse(wrong("reroute_to", "Expected the model that gets what a rule reroutes."));
  }
  if (spec.delay_ms > 60'000) return refuse(wrong("delay_ms", "Expected 0 to 60000."));
  if (spec.confirm_within_s < 10 || spec.confirm_within_s > 86'400) {
    return refuse(wrong("confirm_within_s", "Expected 10 to 86400."));
  }
  // Written so that a NaN fails too.
  if (!(spec.sample_share > 0 && spec.sample_share <= 1)) {
    return refuse(wrong("sample_share", "Expected a number above 0, up to 1."));
  }
  return {};
}

Result<void> check(const PolicySpec& spec) {
  if (!is_plain_name(spec.name)) {
    return refuse(wrong("name", "Expected 1 to 128 letters, digits, '-', '_', '.' or '/'."));
  }
  if (!is_plain_name(spec.version)) {
    return refuse(wrong("version", "Expected 1 to 128 letters, digits, '-', '_', '.' or '/'."));
  }
  if (spec.rules.size() > kMaxRules) {
    return refuse(wrong("rules", "Expected at most 1000 rules."));
  }
  for (size_t i = 0; i < spec.rules.size(); ++i) {
    auto ok = check_rule(spec.rules[i], "rules[" + std::to_string(i) + "]");
    if (!ok) return ok;
  }
  for (size_t i = 0; i < kDetectorCount; ++i) {
    const auto budget = spec.detectors[i].budget;
    if (budget.count() < 0 || budget > std::chrono::seconds(10)) {
      return refuse(wrong("detectors." + std::string(kDetectorNames[i]) + ".budget_us",
                          "Expected 0 (no limit) to 10000000 microseconds."));
    }
    if (budget.count() > 0 && watches_answers_only(static_cast<Detector>(i))) {
      return refuse(wrong("detectors." + std::string(kDetectorNames[i]) + ".budget_us",
                          "Expected none: this detector only watches answers, which are not "
                          "timed."));
    }
    if (!spec.detectors[i].enabled && spec.detectors[i].on_failure == OnFailure::closed) {
      return refuse(wrong("detectors." + std::string(kDetectorNames[i]),
                          "A detector that is switched off cannot be mandatory (closed)."));
    }
  }
  if (spec.max_input_bytes < 1024 || spec.max_input_bytes > (256U << 20)) {
    return refuse(wrong("max_input_bytes", "Expected 1024 to 268435456."));
  }
  if (spec.max_hold_back_chars < 128 || spec.max_hold_back_chars > 65536) {
    return refuse(wrong("max_hold_back_chars", "Expected 128 to 65536."));
  }
  if (spec.max_hold_back_ms > 600'000) {
    return refuse(wrong("max_hold_back_ms", "Expected 0 to 600000."));
  }
  if (spec.max_findings < 1 || spec.max_findings > 65536) {
    return refuse(wrong("max_findings", "Expected 1 to 65536."));
  }
  if (auto ok = check_documents(spec); !ok) return ok;
  return check_actions(spec);
}

}  // namespace

std::string_view to_string(Detector detector) {
  return kDetectorNames[static_cast<size_t>(detector)];
}
std::optional<Detector> detector_from_string(std::string_view name) {
  return find_name<Detector>(kDetectorNames, name);
}
std::string_view to_string(Mode mode) {
  return kModeNames[static_cast<size_t>(mode)];
}
std::optional<Mode> mode_from_string(std::string_view name) {
  return find_name<Mode>(kModeNames, name);
}
std::string_view to_string(Spotlight spotlight) {
  return kSpotlightNames[static_cast<size_t>(spotlight)];
}
std::optional<Spotlight> spotlight_from_string(std::string_view name) {
  return find_name<Spotlight>(kSpotlightNames, name);
}
std::string_view to_string(OnFailure on_failure) {
  return kOnFailureNames[static_cast<size_t>(on_failure)];
}
std::optional<OnFailure> on_failure_from_string(std::string_view name) {
  return find_name<OnFailure>(kOnFailureNames, name);
}

Result<std::shared_ptr<const Policy>> Policy::compile(const PolicySpec& spec) {
  if (auto ok = check(spec); !ok) return refuse(std::move(ok.error()));
  return std::shared_ptr<const Policy>(new Policy(spec));
}

std::shared_ptr<const Policy> Policy::default_policy() {
  static const std::shared_ptr<const Policy> policy(new Policy(PolicySpec{}));
  return policy;
}

Policy::Policy(const PolicySpec& spec) : spec_(spec) {
  const auto apply_all = [this](const RuleSpec& rule) {
    for (const Direction direction : {Direction::input, Direction::output}) {
      for (size_t s = 0; s < kSourceCount; ++s) {
        const auto source = static_cast<Source>(s);
        if (!matches(rule, direction, source)) continue;
        // A rule for both directions acts on output only as far as that is possible.
        RuleSpec mine = rule;
        if (mine.action && !possible(*mine.action, direction)) mine.action.reset();
        apply(mine, rules_[index(rule.category, direction, source)]);
      }
    }
  };
  for (const RuleSpec& rule : default_rules()) {
    if (rule.rule_prefix.empty()) {
      apply_all(rule);
    } else {
      by_prefix_.push_back(rule);
    }
  }
  by_prefix_.push_back({Category::policy, Direction::input, std::nullopt, std::string(kUnreadRule),
                        spec_.unread_documents, 0.0F});
  for (const RuleSpec& rule : spec_.rules) {
    if (rule.rule_prefix.empty()) {
      apply_all(rule);
    } else {
      by_prefix_.push_back(rule);
    }
  }
  for (const Source source : spec_.inspect) inspects_[static_cast<size_t>(source)] = true;
  hash_ = fingerprint(spec_, rules_, by_prefix_, inspects_);
}

Policy::Rule Policy::rule_for(const Finding& finding, Direction direction, Source source) const {
  Rule found = rule(finding.category, direction, source);
  for (const RuleSpec& spec : by_prefix_) {
    if (spec.category == finding.category && matches(spec, direction, source) &&
        finding.rule.starts_with(spec.rule_prefix)) {
      apply(spec, found);
    }
  }
  return found;
}

bool Policy::acts_on(Category category, Direction direction, Source source) const {
  if (rule(category, direction, source).action != Action::allow) return true;
  return std::any_of(by_prefix_.begin(), by_prefix_.end(), [&](const RuleSpec& spec) {
    return spec.category == category && matches(spec, direction, source) &&
           spec.action.value_or(Action::allow) != Action::allow;
  });
}

bool Policy::acts_on(Category category, std::string_view rule, Direction direction,
                     Source source) const {
  Finding finding;
  finding.category = category;
  finding.rule = rule;
  return rule_for(finding, direction, source).action != Action::allow;
}

}  // namespace gatehouse::firewall
