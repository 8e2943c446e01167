#include "firewall/policy/defaults.h"

namespace gatehouse::firewall {
namespace {

using D = Direction;
using S = Source;
using A = Action;
using C = Category;

RuleSpec rule(C category, D direction, S source, A action, float threshold) {
  return {category, direction, source, {}, action, threshold};
}
RuleSpec rule(C category, D direction, A action, float threshold) {
  return {category, direction, std::nullopt, {}, action, threshold};
}

std::vector<RuleSpec> build() {
  std::vector<RuleSpec> rules;
  const auto add = [&rules](RuleSpec spec) { rules.push_back(std::move(spec)); };

  // Attacks. System and developer text is the application's own: it protects itself in the words
  // that attacks use, so it is only noted. What the model itself said earlier is noted too.
  for (const C attack : {C::injection, C::jailbreak, C::prompt_extraction, C::indirect_injection}) {
    add(rule(attack, D::input, S::user, A::block, 0.50F));
    add(rule(attack, D::input, S::tool, A::block, 0.5F));
    add(rule(attack, D::input, S::retrieved, A::block, 0.5F));
    add(rule(attack, D::input, S::assistant, A::flag, 0.90F));
    add(rule(attack, D::input, S::system, A::flag, 0.90F));
    add(rule(attack, D::input, S::developer, A::flag, 0.90F));
  }
  // Definitions of tools speak to the model in imperatives ("ALWAYS call this first"), which the
  // learned detectors take for attacks: those only note, what blocks is a signature.
  for (const C attack : {C::injection, C::jailbreak, C::prompt_extraction, C::indirect_injection}) {
    add(rule(attack, D::input, S::definition, A::block, 0.75F));
    for (const char* learned : {"learned/", "precise/"}) {
      add({attack, D::input, S::definition, learned, A::flag, 0.98F});
    }
  }
  // Hiding is evidence, not guilt: invisible characters come with emoji and with copied text too.
  for (const S source : {S::user, S::tool, S::retrieved, S::definition}) {
    add(rule(C::obfuscation, D::input, source, A::flag, 0.50F));
    add(rule(C::role_marker, D::input, source, A::rewrite, 0.50F));
    add(rule(C::denial_of_wallet, D::input, source, A::flag, 0.50F));
    add(rule(C::exfiltration, D::input, source, A::flag, 0.50F));
    add(rule(C::unsafe_url, D::input, source, A::flag, 0.50F));
  }
  add(rule(C::role_marker, D::input, S::assistant, A::rewrite, 0.50F));
  // Lines such as "System: …" cannot be told from honest logs and configurations: only noted.
  for (const char* line : {"MRK-002", "MRK-003"}) {
    add({C::role_marker, D::input, std::nullopt, line, A::flag, 0.50F});
  }

  // A pasted chat, or a person who asks again, looks like these: noted, until a policy says more.
  for (const char* rule : {"abuse.many-shot", "abuse.crescendo", "abuse.persistence"}) {
    add({C::jailbreak, D::input, std::nullopt, rule, A::flag, 0.50F});
  }

  // A variant of what was blocked a moment ago needs no more than that.
  for (const S source : {S::user, S::tool, S::retrieved}) {
    add({C::injection, D::input, source, "abuse.variation", A::block, 0.50F});
  }

  // Personal data and secrets leave for the model as placeholders. Personal data comes back to the
  // caller; a secret, which may stand in a tool result that the caller never saw, does not.
  for (const S source : {S::user, S::tool, S::retrieved, S::assistant, S::definition}) {
    add(rule(C::pii, D::input, source, A::redact, 0.60F));
    add(rule(C::secret, D::input, source, A::redact, 0.60F));
  }
  add(rule(C::pii, D::output, A::flag, 0.60F));
  add(rule(C::secret, D::output, A::redact, 0.60F));
  // Names and addresses are in most of what people write: looked for only where a policy says so by
  // their prefix.
  for (const char* kind : {"pii.name", "pii.address"}) {
    add({C::pii, std::nullopt, std::nullopt, kind, A::allow, 0.60F});
  }

  add(rule(C::system_prompt_leak, D::output, A::block, 0.50F));
  add(rule(C::canary, D::output, A::block, 0.50F));
  add(rule(C::exfiltration, D::output, A::block, 0.80F));
  add(rule(C::unsafe_url, D::output, A::flag, 0.50F));
  add(rule(C::code_execution, D::output, A::flag, 0.50F));

  // What counts as harmful is the operator's to decide: told, never blocked, until a policy says.
  for (const C harm :
       {C::harmful, C::hate, C::harassment, C::self_harm, C::sexual, C::violence, C::illicit}) {
    add(rule(harm, D::input, S::user, A::flag, 0.80F));
    add(rule(harm, D::output, A::flag, 0.80F));
  }
  // How an answer turned out: told, so that a change for the worse is seen.
  for (const C outcome : {C::runaway, C::refusal, C::malformed}) {
    add(rule(outcome, D::output, A::flag, 0.50F));
  }
  // A tenant's own patterns act unless the policy weakens them.
  add(rule(C::policy, D::input, A::block, 0.50F));
  add(rule(C::policy, D::output, A::block, 0.50F));
  return rules;
}

}  // namespace

const std::vector<RuleSpec>& default_rules() {
  static const std::vector<RuleSpec> rules = build();
  return rules;
}

}  // namespace gatehouse::firewall
