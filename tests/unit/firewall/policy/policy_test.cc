#include "firewall/policy/policy.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace gatehouse::firewall {
namespace {

PolicySpec with_rule(RuleSpec rule) {
  PolicySpec spec;
  spec.rules.push_back(std::move(rule));
  return spec;
}

TEST(Policy, DefaultBlocksUserAttacksAndOnlyNotesTheApplicationsOwnText) {
  const auto policy = Policy::default_policy();
  EXPECT_EQ(policy->rule(Category::injection, Direction::input, Source::user).action,
            Action::block);
  EXPECT_EQ(policy->rule(Category::injection, Direction::input, Source::system).action,
            Action::flag);
  EXPECT_EQ(policy->rule(Category::canary, Direction::output, Source::assistant).action,
            Action::block);
}

TEST(Policy, LaterRulesWinAndLeaveTheRestAlone) {
  RuleSpec rule;
  rule.category = Category::injection;
  rule.source = Source::user;
  rule.threshold = 0.9F;
  const auto policy = *Policy::compile(with_rule(rule));
  EXPECT_FLOAT_EQ(policy->rule(Category::injection, Direction::input, Source::user).threshold,
                  0.9F);
  EXPECT_EQ(policy->rule(Category::injection, Direction::input, Source::user).action,
            Action::block);
  EXPECT_FLOAT_EQ(policy->rule(Category::injection, Direction::input, Source::tool).threshold,
                  Policy::default_policy()
                      ->rule(Category::injection, Direction::input, Source::tool)
                      .threshold);
}

TEST(Policy, RulePrefixNarrowsToThoseFindings) {
  RuleSpec rule;
  rule.category = Category::pii;
  rule.rule_prefix = "pii.email";
  rule.action = Action::allow;
  const auto policy = *Policy::compile(with_rule(rule));
  Finding email{Category::pii, "pii.email", 0, 5, 1.0F, {}};
  Finding card{Category::pii, "pii.card", 0, 5, 1.0F, {}};
  EXPECT_EQ(policy->rule_for(email, Direction::input, Source::user).action, Action::allow);
  EXPECT_EQ(policy->rule_for(card, Direction::input, Source::user).action, Action::redact);
}

TEST(Policy, APrefixRuleThatActsMakesTheCategoryWorthLookingFor) {
  PolicySpec spec;
  spec.rules.push_back({Category::pii, {}, {}, {}, Action::allow, {}});
  EXPECT_FALSE((*Policy::compile(spec))->acts_on(Category::pii, Direction::input, Source::user));
  spec.rules.push_back({Category::pii, {}, {}, "pii.card", Action::block, {}});
  EXPECT_TRUE((*Policy::compile(spec))->acts_on(Category::pii, Direction::input, Source::user));
}

TEST(Policy, NamesAndAddressesAreOffUntilAPrefixNamesThem) {
  const auto acts = [](const PolicySpec& spec, std::string_view rule) {
    return (*Policy::compile(spec))->acts_on(Category::pii, rule, Direction::input, Source::user);
  };
  PolicySpec spec;
  EXPECT_TRUE(acts(spec, "pii.email"));
  EXPECT_FALSE(acts(spec, "pii.name"));
  EXPECT_FALSE(acts(spec, "pii.address"));
  // A rule for the whole category does not turn them on.
  spec.rules.push_back({Category::pii, {}, {}, {}, Action::block, {}});
  EXPECT_FALSE(acts(spec, "pii.name"));
  spec.rules.push_back({Category::pii, {}, {}, "pii.name", Action::redact, {}});
  EXPECT_TRUE(acts(spec, "pii.name"));
  EXPECT_FALSE(acts(spec, "pii.address"));
}

TEST(Policy, ActionsThatOutputCannotTakeAreRefusedOrLeftOut) {
  RuleSpec rule;
  rule.category = Category::harmful;
  rule.direction = Direction::output;
  rule.action = Action::reroute;
  const auto refused = Policy::compile(with_rule(rule));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().param, "rules[0].action");

  rule.direction.reset();
  PolicySpec spec = with_rule(rule);
  spec.reroute_to = "careful";
  const auto policy = *Policy::compile(spec);
  EXPECT_EQ(policy->rule(Category::harmful, Direction::input, Source::user).action,
            Action::reroute);
  EXPECT_EQ(policy->rule(Category::harmful, Direction::output, Source::assistant).action,
            Action::flag);
}

TEST(Policy, RefusalsNameTheField) {
  const auto param = [](const PolicySpec& spec) {
    const auto result = Policy::compile(spec);
    return result ? std::string("accepted") : result.error().param;
  };
  PolicySpec spec;
  spec.name = "two words";
  EXPECT_EQ(param(spec), "name");
  spec = {};
  spec.version = std::string(200, 'v');
  EXPECT_EQ(param(spec), "version");
  for (const float threshold : {-0.1F, 1.1F, std::nanf("")}) {
    RuleSpec rule;
    rule.threshold = threshold;
    EXPECT_EQ(param(with_rule(rule)), "rules[0].threshold");
  }
  EXPECT_EQ(param(with_rule(RuleSpec{})), "rules[0]");
  spec = {};
  spec.detectors[static_cast<size_t>(Detector::pii)].budget = std::chrono::microseconds(-1);
  EXPECT_EQ(param(spec), "detectors.pii.budget_us");
  spec = {};
  spec.detectors[static_cast<size_t>(Detector::learned)] = {false, OnFailure::closed, {}};
  EXPECT_EQ(param(spec), "detectors.learned");
  spec = {};
  spec.max_input_bytes = 0;
  EXPECT_EQ(param(spec), "max_input_bytes");
  for (const Detector detector : {Detector::leak, Detector::canary, Detector::grounding}) {
    spec = {};
    spec.detectors[static_cast<size_t>(detector)].budget = std::chrono::microseconds(100);
    EXPECT_EQ(param(spec), "detectors." + std::string(to_string(detector)) + ".budget_us");
  }
  spec = {};
  spec.max_hold_back_chars = 127;
  EXPECT_EQ(param(spec), "max_hold_back_chars");
  spec.max_hold_back_chars = 128;
  spec.max_hold_back_ms = 600'001;
  EXPECT_EQ(param(spec), "max_hold_back_ms");
  spec.max_hold_back_ms = 0;
  EXPECT_EQ(param(spec), "accepted");
  spec = {};
  spec.rules.resize(1001);
  EXPECT_EQ(param(spec), "rules");
}

TEST(Policy, TheHashChangesWithEachThingThatDecides) {
  std::set<std::string> hashes;
  hashes.insert(Policy::default_policy()->hash());
  const auto add = [&hashes](const PolicySpec& spec) {
    hashes.insert((*Policy::compile(spec))->hash());
  };
  PolicySpec spec;
  spec.mode = Mode::shadow;
  add(spec);
  spec = {};
  spec.version = "2";
  add(spec);
  spec = {};
  spec.canary = true;
  add(spec);
  spec = {};
  spec.inspect = {Source::user};
  add(spec);
  spec = {};
  spec.detectors[0].on_failure = OnFailure::closed;
  add(spec);
  add(with_rule({Category::pii, {}, {}, {}, {}, 0.61F}));
  add(with_rule({Category::pii, {}, {}, "pii.card", {}, 0.61F}));
  EXPECT_EQ(hashes.size(), 8U);
  add(PolicySpec{});
  EXPECT_EQ(hashes.size(), 8U);
}

TEST(Policy, NamesRoundTrip) {
  for (size_t i = 0; i < kDetectorCount; ++i) {
    const auto detector = static_cast<Detector>(i);
    EXPECT_EQ(detector_from_string(to_string(detector)), detector);
  }
  EXPECT_EQ(mode_from_string("shadow"), Mode::shadow);
  EXPECT_FALSE(mode_from_string("observe"));
  EXPECT_EQ(on_failure_from_string("closed"), OnFailure::closed);
}

TEST(Policy, ReroutingNeedsAPlaceToGo) {
  RuleSpec rule;
  rule.category = Category::injection;
  rule.action = Action::reroute;
  PolicySpec spec = with_rule(rule);
  EXPECT_EQ(Policy::compile(spec).error().param, "reroute_to");
  spec.reroute_to = "careful";
  EXPECT_TRUE(Policy::compile(spec));
}

TEST(Policy, ASampleOfNothingIsRefused) {
  PolicySpec spec;
  spec.mode = Mode::sample;
  for (const float share : {0.0F, -0.1F, 1.5F, std::nanf("")}) {
    spec.sample_share = share;
    EXPECT_EQ(Policy::compile(spec).error().param, "sample_share");
  }
  spec.sample_share = 1;
  EXPECT_TRUE((*Policy::compile(spec))->shadow());
}

TEST(Policy, EachOfItsWordsGoesIntoItsHash) {
  std::set<std::string> hashes{(*Policy::compile(PolicySpec{}))->hash()};
  const auto add = [&hashes](auto change) {
    PolicySpec spec;
    change(spec);
    EXPECT_TRUE(hashes.insert((*Policy::compile(spec))->hash()).second);
  };
  add([](PolicySpec& spec) { spec.sample_share = 0.5F; });
  add([](PolicySpec& spec) { spec.spotlight = Spotlight::delimit; });
  add([](PolicySpec& spec) { spec.reroute_to = "careful"; });
  add([](PolicySpec& spec) { spec.delay_ms = 1; });
  add([](PolicySpec& spec) { spec.confirm_within_s = 10; });
  add([](PolicySpec& spec) { spec.unread_documents = Action::block; });
  add([](PolicySpec& spec) { spec.unredactable = Action::block; });
}

TEST(Policy, SaysWhatIsDoneWithDocumentsThatCannotBeRead) {
  Finding unread;
  unread.category = Category::policy;
  unread.rule = kUnreadRule;
  const auto action = [&unread](const PolicySpec& spec) {
    return (*Policy::compile(spec))->rule_for(unread, Direction::input, Source::retrieved).action;
  };
  PolicySpec spec;
  EXPECT_EQ(action(spec), Action::allow);
  spec.unread_documents = Action::block;
  EXPECT_EQ(action(spec), Action::block);
  RuleSpec rule;
  rule.category = Category::policy;
  rule.rule_prefix = "document.";
  rule.action = Action::ask;
  spec.rules.push_back(rule);
  EXPECT_EQ(action(spec), Action::ask);
}

TEST(Policy, ADocumentCanOnlyPassOrNot) {
  PolicySpec spec;
  spec.unread_documents = Action::redact;
  EXPECT_EQ(Policy::compile(spec).error().param, "unread_documents");
  spec = {};
  spec.unredactable = Action::allow;
  EXPECT_EQ(Policy::compile(spec).error().param, "unredactable");
}

}  // namespace
}  // namespace gatehouse::firewall
