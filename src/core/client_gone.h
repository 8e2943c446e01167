#pragma once

#include <string>
#include <utility>

#include "core/refusal.h"

namespace gatehouse {

/// Nobody is left to read an answer; `reason` says how that is known.
inline Refusal client_gone(std::string reason) {
  Refusal refusal;
  refusal.kind = ErrorKind::client_gone;
  refusal.layer = Layer::net;
  refusal.code = "client_gone";
  refusal.message = "The client is gone.";
  refusal.reason = std::move(reason);
  return refusal;
}

}  // namespace gatehouse
