#include "firewall/answer/outcome.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "firewall/firewall.h"
#include "unit/firewall/loaded_firewall.h"

namespace gatehouse::firewall {
namespace {

std::shared_ptr<const Policy> policy_with(Category category, Action action,
                                          Mode mode = Mode::enforce) {
  PolicySpec spec;
  spec.mode = mode;
  RuleSpec rule;
  rule.category = category;
  rule.direction = Direction::output;
  rule.action = action;
  spec.rules.push_back(rule);
  return *Policy::compile(spec);
}

const Judged* finding_of(const OutputGuard& guard, Category category) {
  const auto& findings = guard.verdict().findings;
  const auto at = std::find_if(findings.begin(), findings.end(), [category](const Judged& judged) {
    return judged.finding.category == category;
  });
  return at == findings.end() ? nullptr : &*at;
}

constexpr char kRefusal[] = "I'm sorry, but I can't help with that. Is there anything else?";
constexpr char kLoop[] = "Let me check that for you once more, please wait. ";

TEST(Outcome, ALoopIsNotedOnceAndNothingIsHeldForIt) {
  const auto guard = firewall().guard_output(Policy::default_policy(), {});
  for (int i = 0; i < 200; ++i) {
    const auto step = guard->feed({}, kLoop);
    ASSERT_FALSE(step.blocked);
    ASSERT_LT(step.held, 64U);
  }
  guard->finish({});
  const Judged* judged = finding_of(*guard, Category::runaway);
  ASSERT_NE(judged, nullptr);
  EXPECT_EQ(judged->action, Action::flag);
  EXPECT_EQ(judged->finding.rule, "runaway.period");
  EXPECT_EQ(guard->verdict().findings.size(), 1U);
  EXPECT_TRUE(guard->verdict().ran.has(Detector::runaway));
}

TEST(Outcome, ALoopThatIsBlockedEndsTheAnswerSoonAlsoInArguments) {
  for (const StreamId stream : {StreamId{}, StreamId{0, 0, true}, StreamId{1, -1}}) {
    const auto guard = firewall().guard_output(policy_with(Category::runaway, Action::block), {});
    size_t fed = 0;
    bool blocked = false;
    while (!blocked && fed < 100'000) {
      blocked = guard->feed(stream, kLoop).blocked;
      fed += sizeof kLoop - 1;
    }
    EXPECT_TRUE(blocked);
    EXPECT_LT(fed, 2000U);
    EXPECT_EQ(guard->verdict().refusal().kind, ErrorKind::blocked);
  }
  // A thought goes round in circles before it comes to something.
  const auto guard = firewall().guard_output(policy_with(Category::runaway, Action::block), {});
  for (int i = 0; i < 200; ++i) ASSERT_FALSE(guard->feed({0, -3}, kLoop).blocked);
}

TEST(Outcome, ARefusalIsNotedHoweverItIsCut) {
  const std::string answer = kRefusal;
  for (size_t cut = 0; cut <= answer.size(); ++cut) {
    const auto guard = firewall().guard_output(Policy::default_policy(), {});
    std::string shown = guard->feed({}, answer.substr(0, cut)).text;
    shown += guard->feed({}, answer.substr(cut)).text;
    shown += guard->finish({}).text;
    ASSERT_EQ(shown, answer);
    ASSERT_NE(finding_of(*guard, Category::refusal), nullptr) << cut;
    ASSERT_EQ(guard->verdict().action, Action::flag);
  }
}

TEST(Outcome, NothingOfABlockedRefusalIsShownAndOtherBeginningsWaitOnlyForTheirEnd) {
  const auto policy = policy_with(Category::refusal, Action::block);
  for (size_t cut = 0; cut < sizeof kRefusal; ++cut) {
    const auto guard = firewall().guard_output(policy, {});
    const std::string answer = kRefusal;
    std::string shown = guard->feed({}, answer.substr(0, cut)).text;
    shown += guard->feed({}, answer.substr(cut)).text;
    const auto rest = guard->finish({});
    ASSERT_EQ(shown + rest.text, "") << cut;
    ASSERT_TRUE(rest.blocked);
  }
  std::string answer;
  for (int i = 0; i < 60; ++i) answer += "Sentence number " + std::to_string(i) + " is here. ";
  const auto guard = firewall().guard_output(policy, {});
  std::string shown;
  for (const char c : answer) {
    const auto step = guard->feed({}, std::string_view(&c, 1));
    const bool waits = shown.empty() && step.text.empty();
    EXPECT_TRUE(!waits || step.held > 0);
    shown += step.text;
  }
  shown += guard->finish({}).text;
  EXPECT_EQ(shown, answer);
  EXPECT_EQ(finding_of(*guard, Category::refusal), nullptr);
}

TEST(Outcome, ABeginningThatWaitedTooLongIsJudgedAsItStands) {
  const auto policy = policy_with(Category::refusal, Action::block);
  const auto guard = firewall().guard_output(policy, {});
  EXPECT_EQ(guard->feed({}, "The capital of France ").text, "");
  EXPECT_EQ(guard->pause({}).text, "The capital of France ");
  guard->feed({}, "is Paris.");
  EXPECT_EQ(guard->finish({}).text, "is Paris.");
  const auto other = firewall().guard_output(policy, {});
  other->feed({}, "I'm sorry, but I can't help with that. ");
  const auto step = other->pause({});
  EXPECT_TRUE(step.blocked);
  EXPECT_EQ(step.text, "");
}

TEST(Outcome, InShadowModeNothingIsHeldAndAllIsNoted) {
  const auto guard =
      firewall().guard_output(policy_with(Category::refusal, Action::block, Mode::shadow), {});
  std::string shown = guard->feed({}, kRefusal).text;
  shown += guard->finish({}).text;
  EXPECT_EQ(shown, kRefusal);
  EXPECT_EQ(guard->verdict().unshadowed, Action::block);
  EXPECT_EQ(guard->verdict().action, Action::flag);
}

TEST(Outcome, WhatTheProviderCallsARefusalIsOne) {
  const auto guard = firewall().guard_output(Policy::default_policy(), {});
  EXPECT_FALSE(guard->declined(0));
  EXPECT_FALSE(guard->declined(0));
  ASSERT_EQ(guard->verdict().findings.size(), 1U);
  EXPECT_EQ(guard->verdict().findings[0].finding.rule, "refusal.provider");
  EXPECT_EQ(guard->verdict().findings[0].finding.score, 1.0F);
  EXPECT_TRUE(
      firewall().guard_output(policy_with(Category::refusal, Action::block), {})->declined(0));
}

constexpr ExpectedForm kForms[] = {
    {{}, R"({"type":"object","properties":{"age":{"type":"integer"}},"required":["age"]})"},
    {"look_up", R"({"type":"object","required":["id"]})"}};

std::unique_ptr<OutputGuard> guard_of_form(const std::shared_ptr<const Policy>& policy) {
  OutputContext context;
  context.forms = kForms;
  return firewall().guard_output(policy, context);
}

TEST(Outcome, EachChoiceIsHeldAgainstItsForm) {
  const auto guard = guard_of_form(Policy::default_policy());
  guard->feed({0, -1}, R"({"age": )");
  guard->feed({1, -1}, "The age is 3.");
  guard->feed({0, -1}, "3}");
  guard->finish({0, -1});
  guard->finish({1, -1});
  EXPECT_FALSE(guard->complete(0));
  EXPECT_EQ(finding_of(*guard, Category::malformed), nullptr);
  EXPECT_FALSE(guard->complete(1));
  const Judged* judged = finding_of(*guard, Category::malformed);
  ASSERT_NE(judged, nullptr);
  EXPECT_EQ(judged->finding.rule, "form.json");
  EXPECT_EQ(judged->segment, 1U);
  EXPECT_TRUE(guard->verdict().ran.has(Detector::form));
  EXPECT_FALSE(guard->verdict().skipped.has(Detector::form));
}

TEST(Outcome, WhatIsCutOffOrDeclinedIsNotMalformed) {
  const auto policy = policy_with(Category::malformed, Action::block);
  const auto cut = guard_of_form(policy);
  cut->feed({}, R"({"age": )");
  cut->finish({});
  EXPECT_EQ(cut->verdict().findings.size(), 0U);
  const auto declined = guard_of_form(policy);
  declined->feed({}, kRefusal);
  declined->finish({});
  EXPECT_FALSE(declined->complete(0));
  const auto empty = guard_of_form(policy);
  EXPECT_TRUE(empty->complete(0));
}

TEST(Outcome, ArgumentsOfAStrictToolAreHeldAgainstItsSchema) {
  for (const bool fits : {true, false}) {
    const auto guard = guard_of_form(policy_with(Category::malformed, Action::block));
    const StreamId call{0, 0, true};
    guard->feed({}, "Let me look that up.");
    guard->calls(call, "look_up");
    guard->feed(call, fits ? R"({"id": 1})" : R"({"name": 1})");
    guard->finish(call);
    EXPECT_EQ(guard->complete(0), !fits);
  }
}

TEST(Outcome, AFormThatCannotBeCheckedIsSkippedOrRefusedAsThePolicySays) {
  const ExpectedForm form{{}, R"({"$ref":"https://example.com/schema"})"};
  OutputContext context;
  context.forms = {&form, 1};
  const auto open = firewall().guard_output(Policy::default_policy(), context);
  EXPECT_TRUE(open->verdict().skipped.has(Detector::form));
  EXPECT_FALSE(open->verdict().blocks());
  PolicySpec spec;
  spec.detectors[static_cast<size_t>(Detector::form)].on_failure = OnFailure::closed;
  const auto closed = firewall().guard_output(*Policy::compile(spec), context);
  EXPECT_EQ(closed->verdict().refusal().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace gatehouse::firewall
