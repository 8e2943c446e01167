#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "api/chat.h"

/// Token counts for where an upstream tells none: about four bytes a token, always marked as
/// estimated. Without them a call that nobody counted would be free.
namespace gatehouse::gateway {

/// The tokens of a request's body.
int64_t estimated_input(size_t body_bytes);

/// Fills in what the upstream of a whole answer left out of its usage; the client is then told the
/// same.
void estimate_missing(api::ChatCompletion& completion, size_t request_bytes);
void estimate_missing(api::EmbeddingResponse& response, size_t request_bytes);

/// Counts what was streamed, for answers whose upstream does not tell or that end early.
class UsageMeter {
 public:
  explicit UsageMeter(size_t request_bytes) : input_estimate_(estimated_input(request_bytes)) {}

  void add(const api::ChatEvent& event);

  /// `whole`: the stream came to its end, so that what the upstream told is final.
  api::Usage usage(bool whole) const;

 private:
  std::optional<api::Usage> told_;
  int64_t pieces_ = 0;
  size_t bytes_ = 0;
  int64_t input_estimate_;
};

}  // namespace gatehouse::gateway
