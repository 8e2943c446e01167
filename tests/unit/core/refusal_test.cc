#include "core/refusal.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(Refusal, KnowsItsStatusAndWhetherTryingAgainHelps) {
  Refusal refusal;
  refusal.kind = ErrorKind::rate_limited;
  EXPECT_EQ(refusal.status(), 429);
  EXPECT_TRUE(refusal.retryable());
  refusal.kind = ErrorKind::budget_exhausted;
  EXPECT_EQ(refusal.status(), 429);
  EXPECT_FALSE(refusal.retryable()) << "a spent budget does not come back by retrying";
  refusal.kind = ErrorKind::blocked;
  EXPECT_EQ(refusal.status(), 403);
  EXPECT_FALSE(refusal.retryable());
}

TEST(Refusal, KeepsAnInternalReasonOutOfThePublicMessage) {
  const Refusal refusal = Refusal::internal(Layer::inference, "secret detail");
  EXPECT_EQ(refusal.message.find("secret detail"), std::string::npos);
  EXPECT_EQ(refusal.reason, "secret detail");
}

}  // namespace
}  // namespace gatehouse
