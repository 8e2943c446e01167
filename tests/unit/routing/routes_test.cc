#include "routing/routes.h"

#include <gtest/gtest.h>

namespace gatehouse::routing {
namespace {

AliasSpec alias(std::string name, std::vector<Target> targets) {
  AliasSpec spec;
  spec.name = std::move(name);
  spec.targets = std::move(targets);
  return spec;
}

TEST(RouteTable, FindsAnAliasWithItsTargetsInOrder) {
  const auto table = RouteTable::build(
      {alias("fast", {{"openai", "gpt-4o-mini"}, {"local", "smollm2"}})}, {"local", "openai"});
  ASSERT_TRUE(table.has_value());
  const AliasSpec* found = (*table)->find("fast");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->targets[0].upstream, "openai");
  EXPECT_EQ(found->targets[1].model, "smollm2");
  EXPECT_EQ((*table)->find("slow"), nullptr);
}

TEST(RouteTable, RefusesWhatCannotRouteAndSaysWhere) {
  const auto unknown =
      RouteTable::build({alias("a", {{"x", "m"}}), alias("b", {{"y", "m"}})}, {"x"});
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().param, "models[1].targets[0].upstream");
  EXPECT_EQ(unknown.error().message, "Model \"b\" names the upstream \"y\"; known: x.");

  const auto twice = RouteTable::build({alias("a", {{"x", "m"}}), alias("a", {{"x", "m"}})}, {"x"});
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().param, "models[1].name");

  EXPECT_EQ(RouteTable::build({alias("a", {})}, {"x"}).error().param, "models[0].targets");
  EXPECT_EQ(RouteTable::build({alias("", {{"x", "m"}})}, {"x"}).error().param, "models[0].name");
}

}  // namespace
}  // namespace gatehouse::routing
