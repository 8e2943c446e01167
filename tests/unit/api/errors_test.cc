#include "api/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

namespace gatehouse::api {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

Refusal of(ErrorKind kind) {
  Refusal refusal;
  refusal.kind = kind;
  refusal.message = "m";
  refusal.reason = "private";
  return refusal;
}

TEST(Errors, HaveOpenAisShape) {
  const Refusal refusal = Refusal::invalid("messages[0].role", "say \"who\"", "invalid_type");
  EXPECT_EQ(error_body(refusal, Dialect::openai),
            R"({"error":{"message":"say \"who\"","type":"invalid_request_error",)"
            R"("param":"messages[0].role","code":"invalid_type"}})");
  EXPECT_EQ(error_body(of(ErrorKind::internal), Dialect::openai),
            R"({"error":{"message":"m","type":"server_error","param":null,"code":null}})");
}

TEST(Errors, HaveAnthropicsShape) {
  EXPECT_EQ(error_body(of(ErrorKind::not_found), Dialect::anthropic, "req_1"),
            R"({"type":"error","error":{"type":"not_found_error","message":"m"},)"
            R"("request_id":"req_1"})");
}

TEST(Errors, HaveTheTypesThatSdksKnow) {
  const struct {
    ErrorKind kind;
    int openai_status;
    std::string_view openai;
    int anthropic_status;
    std::string_view anthropic;
  } rows[] = {
      {ErrorKind::invalid_request, 400, "invalid_request_error", 400, "invalid_request_error"},
      {ErrorKind::authentication, 401, "invalid_request_error", 401, "authentication_error"},
      {ErrorKind::permission, 403, "invalid_request_error", 403, "permission_error"},
      {ErrorKind::blocked, 403, "invalid_request_error", 403, "permission_error"},
      {ErrorKind::not_found, 404, "invalid_request_error", 404, "not_found_error"},
      {ErrorKind::too_large, 413, "invalid_request_error", 413, "request_too_large"},
      {ErrorKind::rate_limited, 429, "rate_limit_error", 429, "rate_limit_error"},
      {ErrorKind::budget_exhausted, 429, "insufficient_quota", 429, "rate_limit_error"},
      {ErrorKind::internal, 500, "server_error", 500, "api_error"},
      {ErrorKind::upstream_error, 502, "server_error", 502, "api_error"},
      {ErrorKind::unavailable, 503, "server_error", 529, "overloaded_error"},
      {ErrorKind::upstream_timeout, 504, "server_error", 504, "timeout_error"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(error_type(row.kind, Dialect::openai), row.openai) << to_string(row.kind);
    EXPECT_EQ(error_type(row.kind, Dialect::anthropic), row.anthropic) << to_string(row.kind);
    EXPECT_EQ(render_error(of(row.kind), Dialect::openai).status, row.openai_status);
    EXPECT_EQ(render_error(of(row.kind), Dialect::anthropic).status, row.anthropic_status);
  }
}

TEST(Errors, NeverShowThePrivateReason) {
  for (const Dialect dialect : {Dialect::openai, Dialect::anthropic}) {
    EXPECT_THAT(error_body(of(ErrorKind::internal), dialect, "r"), Not(HasSubstr("private")));
  }
}

TEST(Errors, TellWhetherAndWhenToTryAgain) {
  Refusal limited = of(ErrorKind::rate_limited);
  limited.retry_after = std::chrono::milliseconds(1200);
  EXPECT_THAT(render_error(limited, Dialect::openai).headers,
              UnorderedElementsAre(Pair("retry-after", "2"), Pair("retry-after-ms", "1200")));
  // SDKs try a 429 again; for a budget that is of no use.
  EXPECT_THAT(render_error(of(ErrorKind::budget_exhausted), Dialect::openai).headers,
              UnorderedElementsAre(Pair("x-should-retry", "false")));
  EXPECT_TRUE(render_error(of(ErrorKind::upstream_error), Dialect::openai).headers.empty());
}

TEST(Errors, StayValidJsonWhateverAnUpstreamSaid) {
  Refusal refusal = of(ErrorKind::invalid_request);
  refusal.message = "bad \xff\xfe bytes";
  refusal.code = "c\xc3";
  const std::string body = error_body(refusal, Dialect::openai);
  EXPECT_TRUE(simdjson::validate_utf8(body));
  EXPECT_THAT(body, HasSubstr("bad \xef\xbf\xbd"));
}

}  // namespace
}  // namespace gatehouse::api
