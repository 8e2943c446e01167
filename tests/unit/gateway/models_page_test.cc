#include "gateway/models_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

/// The ids of the page in one word, with a '+' where there are more.
std::string page(std::string_view query) {
  std::vector<api::ModelEntry> models;
  for (const char* id : {"a", "b", "c/1", "d", "e"}) models.push_back({id, "gatehouse", 0});
  Result<api::ModelsPage> page = models_page(models, query);
  if (!page) return page.error().param + ": " + page.error().message;
  std::string out;
  for (const api::ModelEntry& model : page->models) out += model.id + " ";
  return out + (page->has_more ? "+" : ".");
}

TEST(ModelsPage, IsWhatTheQueryAsksFor) {
  EXPECT_EQ(page(""), "a b c/1 d e .");
  EXPECT_EQ(page("beta=true"), "a b c/1 d e .");
  EXPECT_EQ(page("limit=2"), "a b +");
  EXPECT_EQ(page("limit=2&after_id=b"), "c/1 d +");
  EXPECT_EQ(page("after_id=c%2F1&limit=2"), "d e .");
  EXPECT_EQ(page("after_id=e"), ".");
  EXPECT_EQ(page("before_id=d&limit=2"), "b c/1 +");
  EXPECT_EQ(page("before_id=c/1&limit=2"), "a b .");
  EXPECT_EQ(page("before_id=a"), ".");
}

TEST(ModelsPage, HasTwentyModelsUnlessTheQuerySaysMore) {
  const std::vector<api::ModelEntry> models(21, {"m", "gatehouse", 0});
  EXPECT_EQ(models_page(models, "")->models.size(), 20U);
  EXPECT_TRUE(models_page(models, "")->has_more);
  EXPECT_EQ(models_page(models, "limit=1000")->models.size(), 21U);
}

TEST(ModelsPage, RefusesWhatIsNoPage) {
  for (const char* limit : {"0", "1001", "-1", "2x", "", "1.5", "99999999999999999999"}) {
    EXPECT_EQ(page("limit=" + std::string(limit)),
              "limit: 'limit' must be an integer from 1 to 1000.");
  }
  EXPECT_EQ(page("after_id=z"), "after_id: 'after_id' is not the id of a listed model.");
  EXPECT_EQ(page("before_id="), "before_id: 'before_id' is not the id of a listed model.");
  EXPECT_THAT(page("after_id=a&before_id=d"), testing::HasSubstr("not both"));
  EXPECT_THAT(page("limit=1&limit=2"), testing::HasSubstr("more than once"));
}

}  // namespace
}  // namespace gatehouse::gateway
