#pragma once

#include <string_view>

#include "api/chat.h"
#include "firewall/policy/policy.h"

namespace gatehouse::gateway {

/// Sets apart what tools and documents brought, so that a model can tell it from what people say,
/// and tells the model so in the system prompt (Hines et al. 2024, arXiv:2403.14720). `secret` is
/// what the marks are made of: 8 hex digits at least that no author of a document can guess.
/// Returns by how many bytes the texts grew; 0 where nothing was brought, and the request stays as
/// it is. Texts that stand in JSON of their own (search results of Anthropic's) stay as they are.
size_t set_apart(api::ChatRequest& request, firewall::Spotlight how, std::string_view secret);

}  // namespace gatehouse::gateway
