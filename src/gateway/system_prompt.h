#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/chat.h"
#include "gateway/documents.h"

namespace gatehouse::gateway {

/// System and developer texts of a request, joined.
std::string system_prompt_of(const api::ChatRequest& request);

/// The text behind which a sentence of Gatehouse's own can stand: that of the last system or
/// developer message; null if there is none. Valid until messages are added.
std::string* last_system_text(api::ChatRequest& request);

/// The same, with a system message made where there was none.
std::string& system_text_to_add_to(api::ChatRequest& request);

/// The texts of tool results and attached documents, on which an answer should rest. Views into the
/// request and into what was read of its files.
std::vector<std::string_view> sources_of(const api::ChatRequest& request,
                                         std::span<const DocumentText> documents);

}  // namespace gatehouse::gateway
