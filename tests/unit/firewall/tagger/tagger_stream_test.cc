// Names and addresses in what a policy acts on: requests, streams, conversations.
#include <gtest/gtest.h>

#include "firewall/firewall.h"
#include "firewall/pii/vault.h"
#include "unit/firewall/loaded_firewall.h"

namespace gatehouse::firewall {
namespace {

std::shared_ptr<const Policy> redacting(std::initializer_list<const char*> prefixes) {
  PolicySpec spec;
  for (const char* prefix : prefixes) {
    spec.rules.push_back({Category::pii, {}, {}, prefix, Action::redact, {}});
  }
  return *Policy::compile(spec);
}

std::string sent(const Policy& policy, std::string_view text, Vault* vault) {
  const Segment segment{Source::user, text, 0, 0};
  const auto verdict = firewall().inspect_input(policy, {&segment, 1}, vault);
  return verdict.replacements.empty() ? std::string(text) : verdict.replacements[0].text;
}

std::string streamed(const std::shared_ptr<const Policy>& policy, std::string_view text, size_t cut,
                     const Vault* vault = nullptr) {
  OutputContext context;
  context.vault = vault;
  const auto guard = firewall().guard_output(policy, context);
  std::string shown = guard->feed({}, text.substr(0, cut)).text;
  shown += guard->feed({}, text.substr(cut)).text;
  return shown + guard->finish({}).text;
}

constexpr std::string_view kText =
    "Well, my name is Anna Schmidt and I live at 12 Park Road, Leeds. Please ask Anna Schmidt "
    "whether Dr. Tom Becker has called, or mail tom@example.com.";

TEST(NamesOnInput, AreLeftAloneByDefault) {
  Vault vault;
  const std::string text = sent(*Policy::default_policy(), kText, &vault);
  EXPECT_NE(text.find("Anna Schmidt"), std::string::npos);
  EXPECT_EQ(text.find("tom@example.com"), std::string::npos);  // as before
  const Segment segment{Source::user, kText, 0, 0};
  for (const Judged& judged :
       firewall().inspect_input(*Policy::default_policy(), {&segment, 1}, nullptr).findings) {
    EXPECT_NE(judged.finding.evidence, "tagger");
  }
}

TEST(NamesOnInput, BecomeConsistentPlaceholdersThatComeBack) {
  Vault vault;
  const auto policy = redacting({"pii.name", "pii.address"});
  EXPECT_EQ(sent(*policy, kText, &vault),
            "Well, my name is [NAME_1] and I live at [ADDRESS_1]. Please ask [NAME_1] whether Dr. "
            "[NAME_2] has called, or mail [EMAIL_1].");
  EXPECT_EQ(sent(*policy, "I met Anna Schmidt.", &vault), "I met [NAME_1].");
  EXPECT_EQ(streamed(redacting({}), "Dear [NAME_1], hello.", 8, &vault),
            "Dear Anna Schmidt, hello.");
}

TEST(NamesOnInput, EachKindIsOptedInByItself) {
  EXPECT_EQ(sent(*redacting({"pii.name"}), "I am Anna Schmidt of 12 Park Road, Leeds.", nullptr),
            "I am [NAME] of 12 Park Road, Leeds.");
  EXPECT_EQ(sent(*redacting({"pii.address"}), "I am Anna Schmidt of 12 Park Road, Leeds.", nullptr),
            "I am Anna Schmidt of [ADDRESS].");
}

TEST(NamesOnStreams, AreNeverShownWhereverThePiecesAreCut) {
  const auto policy = redacting({"pii.name", "pii.address"});
  const std::string wanted =
      "Well, my name is [NAME] and I live at [ADDRESS]. Please ask [NAME] whether Dr. [NAME] has "
      "called, or mail [EMAIL].";
  PolicySpec spec = policy->spec();
  spec.rules.push_back({Category::pii, {}, {}, "pii.email", Action::redact, {}});
  const auto with_mail = *Policy::compile(spec);
  for (size_t cut = 0; cut <= kText.size(); ++cut) {
    ASSERT_EQ(streamed(with_mail, kText, cut), wanted) << "cut at " << cut;
  }
  const auto guard = firewall().guard_output(with_mail, {});
  std::string shown;
  for (const char c : kText) {
    shown += guard->feed({}, {&c, 1}).text;
    // At no time more than what may be shown in the end.
    ASSERT_TRUE(wanted.starts_with(shown)) << shown;
  }
  EXPECT_EQ(shown + guard->finish({}).text, wanted);
}

TEST(NamesOnStreams, CostNothingWhereThePolicyDoesNotAct) {
  // Without a rule on them no name is waited for: all but the word under way is shown at once.
  const auto guard = firewall().guard_output(Policy::default_policy(), {});
  EXPECT_EQ(guard->feed({}, "I met Anna Schmidt yes").text, "I met Anna Schmidt ");
  const auto redacts = firewall().guard_output(redacting({"pii.name"}), {});
  EXPECT_EQ(redacts->feed({}, "I met Anna Schmidt yes").text, "I met ");
}

TEST(NamesOnStreams, TheHoldIsBoundedAndANameAtTheBoundIsStillTakenOut) {
  PolicySpec spec = redacting({"pii.name"})->spec();
  spec.max_hold_back_chars = 128;
  const auto policy = *Policy::compile(spec);
  const auto guard = firewall().guard_output(policy, {});
  std::string text;
  for (int i = 0; i < 40; ++i) text += "Anna Schmidt, Tom Becker, Maria Fischer, ";
  std::string shown;
  for (const char c : text) {
    shown += guard->feed({}, {&c, 1}).text;
    ASSERT_LE(guard->held_back(), 160U);
  }
  shown += guard->finish({}).text;
  for (const char* name : {"Anna", "Becker", "Fischer"})
    EXPECT_EQ(shown.find(name), std::string::npos) << name << ": " << shown;
}

}  // namespace
}  // namespace gatehouse::firewall
