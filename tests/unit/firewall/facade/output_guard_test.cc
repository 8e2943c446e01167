#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "firewall/firewall.h"
#include "firewall/grounding/sources.h"
#include "unit/firewall/loaded_firewall.h"

namespace gatehouse::firewall {
namespace {

PolicySpec acting_on(Category category, Action action) {
  PolicySpec spec;
  RuleSpec rule;
  rule.category = category;
  rule.direction = Direction::output;
  rule.action = action;
  rule.threshold = 0.6F;
  spec.rules.push_back(rule);
  return spec;
}

std::string shown_of(OutputGuard& guard, const std::vector<std::string>& pieces) {
  std::string shown;
  for (const std::string& piece : pieces) shown += guard.feed({}, piece).text;
  return shown + guard.finish({}).text;
}

TEST(OutputGuard, ALeakedSystemPromptEndsTheAnswerBeforeItIsShown) {
  OutputContext context;
  context.system_prompt =
      "You are the assistant of a small bakery in Lyon and you never mention the secret recipe of "
      "the almond croissant to any customer whatsoever.";
  const auto guard = firewall().guard_output(Policy::default_policy(), context);
  std::string shown;
  bool blocked = false;
  const std::string answer = "Sure! My instructions say: " + std::string(context.system_prompt);
  for (const char c : answer) {
    const auto step = guard->feed({}, std::string_view(&c, 1));
    shown += step.text;
    blocked = blocked || step.blocked;
  }
  blocked = blocked || guard->finish({}).blocked;
  EXPECT_TRUE(blocked);
  EXPECT_EQ(shown.find("almond"), std::string::npos) << shown;
  EXPECT_EQ(guard->verdict().action, Action::block);
  EXPECT_EQ(guard->verdict().refusal().kind, ErrorKind::blocked);
}

TEST(OutputGuard, AnUnsupportedSentenceIsNotShownWhereverTheAnswerIsCut) {
  const std::vector<std::string_view> sources = {"Refunds are paid within 14 days of the return."};
  OutputContext context;
  context.sources = sources;
  const auto policy = *Policy::compile(acting_on(Category::ungrounded, Action::block));
  const std::string answer =
      "A refund is paid within 14 days. Napoleon lost the battle of Waterloo in 1815. Goodbye.";
  for (size_t cut = 0; cut <= answer.size(); ++cut) {
    const auto guard = firewall().guard_output(policy, context);
    const std::string shown = shown_of(*guard, {answer.substr(0, cut), answer.substr(cut)});
    ASSERT_EQ(shown, "A refund is paid within 14 days.") << "cut at " << cut;
    ASSERT_EQ(guard->verdict().refusal().kind, ErrorKind::blocked);
  }
  // Arguments of a tool call state nothing.
  const auto guard = firewall().guard_output(policy, context);
  EXPECT_FALSE(guard->feed({0, 0}, answer).blocked);
  EXPECT_FALSE(guard->finish({0, 0}).blocked);
}

constexpr char kHateful[] =
    "I hate those filthy immigrants, they are vermin, subhuman scum, and every one of them should "
    "be killed.";

TEST(OutputGuard, AHatefulSentenceIsNotShownWhereverTheAnswerIsCut) {
  const auto policy = *Policy::compile(acting_on(Category::hate, Action::block));
  const std::string harmless = "The capital of France is Paris. ";
  const std::string answer = harmless + kHateful + " That is all I have to say.";
  for (size_t cut = 0; cut <= answer.size(); ++cut) {
    const auto guard = firewall().guard_output(policy, {});
    std::string shown = guard->feed({}, std::string_view(answer).substr(0, cut)).text;
    shown += guard->feed({}, std::string_view(answer).substr(cut)).text;
    const auto last = guard->finish({});
    shown += last.text;
    ASSERT_TRUE(harmless.starts_with(shown)) << "cut at " << cut << ": " << shown;
    ASSERT_TRUE(last.blocked);
    ASSERT_EQ(guard->verdict().refusal().kind, ErrorKind::blocked);
  }
  const auto guard = firewall().guard_output(policy, {});
  std::string shown;
  for (const char c : answer) shown += guard->feed({}, std::string_view(&c, 1)).text;
  EXPECT_EQ(shown, harmless);
  EXPECT_TRUE(guard->verdict().blocks());
}

TEST(OutputGuard, ASentenceWithoutAnEndIsHeldNoLongerThanThePolicySays) {
  PolicySpec spec = acting_on(Category::hate, Action::block);
  spec.max_hold_back_chars = 160;
  const auto policy = *Policy::compile(spec);
  std::string endless;
  while (endless.size() < 4000) endless += "the river flows past the town and ";
  const auto guard = firewall().guard_output(policy, {});
  size_t fed = 0, shown = 0;
  for (; fed < endless.size(); fed += 5) {
    shown += guard->feed({}, std::string_view(endless).substr(fed, 5)).text.size();
    ASSERT_LE(std::min(fed + 5, endless.size()) - shown, 2 * spec.max_hold_back_chars);
  }
  shown += guard->finish({}).text.size();
  EXPECT_EQ(shown, endless.size());
}

TEST(OutputGuard, ASentenceThatWaitedTooLongIsJudgedAsFarAsItCame) {
  const auto policy = *Policy::compile(acting_on(Category::hate, Action::block));
  const auto guard = firewall().guard_output(policy, {});
  const auto held = guard->feed({}, "The capital of France is Par");
  EXPECT_EQ(held.text, "");
  EXPECT_EQ(held.held, 28U);
  const auto shown = guard->pause({});
  EXPECT_EQ(shown.text, "The capital of France is Par");
  EXPECT_EQ(shown.held, 0U);
  EXPECT_EQ(guard->pause({}).text, "");
  EXPECT_EQ(guard->feed({}, "is. And").text, "is. ");
  const std::string_view hateful = kHateful;
  EXPECT_EQ(guard->feed({}, hateful.substr(0, hateful.size() - 4)).text, "");
  const auto forbidden = guard->pause({});
  EXPECT_TRUE(forbidden.blocked);
  EXPECT_EQ(forbidden.text, "");
  EXPECT_EQ(guard->verdict().refusal().kind, ErrorKind::blocked);
}

TEST(OutputGuard, NothingIsHeldForARuleThatOnlyNotes) {
  const auto guard =
      firewall().guard_output(*Policy::compile(acting_on(Category::hate, Action::flag)), {});
  EXPECT_EQ(guard->feed({}, "The capital of France is ").text, "The capital of France is ");
  EXPECT_FALSE(guard->feed({}, kHateful).blocked);
  EXPECT_FALSE(guard->finish({}).blocked);
  EXPECT_EQ(guard->verdict().action, Action::flag);
}

TEST(OutputGuard, ATextOfItsOwnIsJudgedAtOnce) {
  const auto guard = firewall().guard_output(Policy::default_policy(), {});
  EXPECT_EQ(guard->whole("title: Opening hours").text, "title: Opening hours");
  const auto redacted = guard->whole("stdout: AKIAIOSFODNN7REALKEY");
  EXPECT_FALSE(redacted.blocked);
  EXPECT_EQ(redacted.text.find("AKIA"), std::string::npos) << redacted.text;
  EXPECT_EQ(guard->verdict().action, Action::redact);
  const auto strict =
      firewall().guard_output(*Policy::compile(acting_on(Category::hate, Action::block)), {});
  EXPECT_TRUE(strict->whole(kHateful).blocked);
}

TEST(OutputGuard, SourcesThatDoNotFitAreSkippedOrRefusedAsThePolicySays) {
  const std::string much(Sources::kMaxBytes + 1, 'x');
  const std::vector<std::string_view> sources = {much};
  OutputContext context;
  context.sources = sources;
  PolicySpec spec = acting_on(Category::ungrounded, Action::flag);
  const auto open = firewall().guard_output(*Policy::compile(spec), context);
  EXPECT_EQ(open->feed({}, "Napoleon lost at Waterloo. ").text, "Napoleon lost at Waterloo. ");
  EXPECT_TRUE(open->verdict().skipped.has(Detector::grounding));
  spec.detectors[static_cast<size_t>(Detector::grounding)].on_failure = OnFailure::closed;
  const auto closed = firewall().guard_output(*Policy::compile(spec), context);
  EXPECT_TRUE(closed->feed({}, "Napoleon lost at Waterloo. ").blocked);
  EXPECT_EQ(closed->verdict().refusal().kind, ErrorKind::unavailable);
}

TEST(OutputGuard, HarmlessAnswersPassUnchangedWhateverTheChunks) {
  const std::string answer =
      "The capital of France is Paris. In 2024 it had 2.1 million people; see page 12, table 3.";
  for (const size_t size : {size_t{1}, size_t{3}, size_t{17}, answer.size()}) {
    const auto guard = firewall().guard_output(Policy::default_policy(), {});
    std::string shown;
    for (size_t at = 0; at < answer.size(); at += size) {
      shown += guard->feed({}, std::string_view(answer).substr(at, size)).text;
    }
    shown += guard->finish({}).text;
    EXPECT_EQ(shown, answer);
    EXPECT_EQ(guard->verdict().action, Action::allow) << guard->verdict().describe();
  }
}

}  // namespace
}  // namespace gatehouse::firewall
