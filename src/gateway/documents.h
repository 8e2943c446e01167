#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/chat.h"
#include "core/result.h"
#include "core/task.h"

namespace gatehouse::gateway {

class RequestScope;

/// One text of a file that came with a request in a form that must be read first: a PDF.
struct DocumentText {
  uint32_t message = 0;
  uint32_t part = 0;
  std::string text;
  std::string_view hidden;  // static: how it is hidden; empty: it can be seen
  std::string_view unread;  // static: why the file can't be read, or not all of it; no text then
};

/// Reads the files of a request's messages, on the worker pool, into `scope.documents`, and notes
/// in the trail what they held. Refuses (`unavailable`) where the pool is full.
Task<Result<void>> read_documents(RequestScope& scope, const api::ChatRequest& request);

}  // namespace gatehouse::gateway
