#pragma once

#include "api/chat.h"

namespace gatehouse::inference::local {

/// Adds a streamed piece to the whole choice that it belongs to.
void append_delta(api::Choice& choice, const api::ChoiceDelta& delta);

/// Joins two JSON texts of logprobs (chat's or legacy's form), either of which may be empty.
std::string join_logprobs(const std::string& first, const std::string& second);

}  // namespace gatehouse::inference::local
