#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/errors.h"
#include "api/requests.h"
#include "core/json.h"

// The table of bad input: tests/data/bad_input.jsonl says for each kind what is sent and exactly
// what is answered, and docs/errors.md is written from it. After a change that is meant to change
// an answer, run this test with GATEHOUSE_UPDATE=1 and look at the difference.
namespace gatehouse::api {
namespace {

const std::string kTable = GATEHOUSE_SOURCE_DIR "/tests/data/bad_input.jsonl";
const std::string kDocument = GATEHOUSE_SOURCE_DIR "/docs/errors.md";

struct Row {
  std::string endpoint, kind, body, response;
  int64_t status = 0;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Row> rows() {
  std::vector<Row> out;
  std::istringstream lines(read_file(kTable));
  for (std::string line; std::getline(lines, line);) {
    const auto value = json::build::parse(line).as_object();
    Row& row = out.emplace_back();
    row.endpoint = value.at("endpoint").as_string();
    row.kind = value.at("kind").as_string();
    row.body = value.at("body").as_string();
    if (value.contains("repeat")) {  // a long list, written short
      const auto& repeat = value.at("repeat").as_object();
      std::string items;
      for (int64_t i = 0; i < repeat.at("times").as_int64(); ++i) {
        if (i > 0) items += repeat.at("between").as_string();
        items += repeat.at("text").as_string();
      }
      row.body.replace(row.body.find("..."), 3, items);
    }
    if (value.contains("status")) row.status = value.at("status").as_int64();
    if (value.contains("response")) row.response = value.at("response").as_string();
  }
  return out;
}

template <typename T>
std::string outcome(const Result<T>& parsed, Dialect dialect, int64_t& status) {
  if (parsed) return "accepted";
  const ErrorResponse error = render_error(parsed.error(), dialect);
  status = error.status;
  return error.body;
}

std::string answer(const Row& row, int64_t& status) {
  std::string body = row.body;
  // "\xNN" in the table is a byte that JSON text cannot hold.
  for (size_t at = body.find("\\xff"); at != std::string::npos; at = body.find("\\xff")) {
    body.replace(at, 4, "\xff");
  }
  if (row.endpoint == "/v1/chat/completions") {
    return outcome(parse_openai_chat(body), Dialect::openai, status);
  }
  if (row.endpoint == "/v1/completions") {
    return outcome(parse_openai_completion(body), Dialect::openai, status);
  }
  if (row.endpoint == "/v1/embeddings") {
    return outcome(parse_openai_embedding(body), Dialect::openai, status);
  }
  if (row.endpoint == "/v1/moderations") {
    return outcome(parse_openai_moderation(body), Dialect::openai, status);
  }
  if (row.endpoint == "/v1/messages") {
    return outcome(parse_anthropic_messages(body), Dialect::anthropic, status);
  }
  if (row.endpoint == "/v1/messages/count_tokens") {
    return outcome(parse_anthropic_count_tokens(body), Dialect::anthropic, status);
  }
  return "no such endpoint";
}

std::string cell(std::string text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

/// The generated part of the document.
std::string document() {
  std::string out;
  std::string endpoint;
  for (const Row& row : rows()) {
    if (row.endpoint != endpoint) {
      endpoint = row.endpoint;
      out += "\n### " + endpoint + "\n\n| what is wrong | status | answer |\n| --- | --- | --- |\n";
    }
    out += "| " + cell(row.kind) + " | " + std::to_string(row.status) + " | `" +
           cell(row.response) + "` |\n";
  }
  return out + "\n";
}

constexpr std::string_view kBegin = "<!-- begin: written by tests/unit/api/bad_input_test.cc -->\n";
constexpr std::string_view kEnd = "<!-- end -->";

void update() {
  std::istringstream lines(read_file(kTable));
  const std::vector<Row> all = rows();
  std::string table;
  size_t i = 0;
  for (std::string line; std::getline(lines, line); ++i) {
    auto value = json::build::parse(line).as_object();
    int64_t status = 0;
    value["response"] = answer(all[i], status);
    value["status"] = status;
    table += json::build::serialize(value) + "\n";
  }
  std::ofstream(kTable, std::ios::binary) << table;
  const std::string text = read_file(kDocument);
  const size_t begin = text.find(kBegin) + kBegin.size();
  std::ofstream(kDocument, std::ios::binary)
      << text.substr(0, begin) << document() << text.substr(text.find(kEnd, begin));
}

TEST(BadInput, IsAnsweredAsTheTableSays) {
  if (std::getenv("GATEHOUSE_UPDATE") != nullptr) update();
  const std::vector<Row> all = rows();
  EXPECT_GE(all.size(), 60u);
  for (const Row& row : all) {
    int64_t status = 0;
    EXPECT_EQ(answer(row, status), row.response) << row.endpoint << ": " << row.kind;
    EXPECT_EQ(status, row.status) << row.endpoint << ": " << row.kind;
  }
}

TEST(BadInput, IsDocumented) {
  const std::string text = read_file(kDocument);
  ASSERT_THAT(text, testing::HasSubstr(std::string(kBegin)));
  EXPECT_THAT(text, testing::HasSubstr(std::string(kBegin) + document() + std::string(kEnd)));
}

}  // namespace
}  // namespace gatehouse::api
