#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "core/refusal.h"

namespace gatehouse::settlement {

/// 503 "audit_unavailable": what a caller hears while the audit log can't be written. `reason` is
/// for the operator.
inline Refusal audit_unavailable(std::string reason) {
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::settlement;
  refusal.code = "audit_unavailable";
  refusal.message = "The audit log cannot be written; no request is accepted until it can.";
  refusal.reason = std::move(reason);
  refusal.retry_after = std::chrono::seconds{1};
  return refusal;
}

}  // namespace gatehouse::settlement
