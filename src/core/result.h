#pragma once

#include <tl/expected.hpp>

#include "core/refusal.h"

namespace gatehouse {

/// Errors are values: a function that can fail returns `Result<T>`; the error is a `Refusal`, which
/// knows what to tell the caller and what to keep for the operator.
template <typename T>
using Result = tl::expected<T, Refusal>;

using tl::unexpected;

/// `return refuse(Refusal::...)` from any function that returns a Result.
[[gnu::cold]] inline tl::unexpected<Refusal> refuse(Refusal refusal) {
  return tl::unexpected<Refusal>(std::move(refusal));
}

}  // namespace gatehouse
