// The files that the repository publishes are what the program makes.
#include "config/published.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "core/json.h"

namespace gatehouse::config {
namespace {

std::string read(const char* name) {
  std::ifstream in(std::filesystem::path(GATEHOUSE_SOURCE_DIR) / name);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Published, JsonSchemaIsUpToDate) {
  EXPECT_EQ(read("docs/gatehouse.schema.json"), json_schema()) << "run `make docs`";
}

TEST(Published, ReferenceIsUpToDate) {
  EXPECT_EQ(read("docs/configuration.md"), reference()) << "run `make docs`";
}

TEST(Published, JsonSchemaKnowsDefaultsRangesAndSecrets) {
  const std::string text = json_schema();
  json::Parser parser;
  const auto schema = parser.parse_copy(text);
  ASSERT_TRUE(schema.has_value());
  int64_t number = 0;
  EXPECT_EQ((*schema)["$defs"]["server"]["properties"]["max_headers"]["default"].get(number),
            simdjson::SUCCESS);
  EXPECT_EQ(number, 100);
  EXPECT_EQ((*schema)["$defs"]["server"]["properties"]["threads"]["maximum"].get(number),
            simdjson::SUCCESS);
  EXPECT_EQ(number, 1024);
  json::Object upstream;
  ASSERT_EQ((*schema)["$defs"]["upstream"]["properties"].get(upstream), simdjson::SUCCESS);
  EXPECT_EQ(upstream["api_key"].error(), simdjson::NO_SUCH_FIELD);
  EXPECT_EQ(upstream["api_key_env"].error(), simdjson::SUCCESS);
  bool more = true;
  EXPECT_EQ((*schema)["additionalProperties"].get(more), simdjson::SUCCESS);
  EXPECT_FALSE(more);
}

}  // namespace
}  // namespace gatehouse::config
