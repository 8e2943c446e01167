#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/chat.h"
#include "core/json.h"
#include "core/refusal.h"

/// Lenient reads of what upstreams answer: a field of another type is as good as absent. Internal
/// to the layer.
namespace gatehouse::api {

std::optional<json::Element> member(const json::Object& object, std::string_view name);
/// Empty if it is no string.
std::string_view text_of(const json::Object& object, std::string_view name);
/// 0 if it is no integer; between 0 and 10^9, whatever the upstream claims.
int64_t count_of(const json::Object& object, std::string_view name);
std::optional<json::Object> object_of(const json::Object& object, std::string_view name);
std::optional<json::Array> array_of(const json::Object& object, std::string_view name);

/// Appends a member that is there, and not null, as JSON behind a comma.
void append_member(const json::Object& object, std::string_view name, std::string& out);

/// An error of the upstream's making; `reason` is for the operator.
Refusal upstream_broken(std::string_view code, std::string reason);
/// The same for an `error` member of an answer with status 200 or of a stream's event.
Refusal upstream_told_error(const json::Element& error);

/// OpenAI's and Anthropic's usage objects. `whole` is set to false if OpenAI's has no output count,
/// which SDKs trip over.
Usage read_openai_usage(const json::Object& object, bool& whole);
/// Takes over what the object tells, so that the events of a stream add up.
void read_anthropic_usage(const json::Object& object, Usage& usage);

/// What they say beside the counts.
UsageOthers read_openai_usage_others(const json::Object& object);
UsageOthers read_anthropic_usage_others(const json::Object& object);

/// What a model thinks, under either of its two names; a second text beside it is `unread`.
std::string_view read_openai_reasoning(const json::Object& message, std::string& unread);

/// `own` is set to the word where the reason does not say it.
FinishReason read_openai_finish(std::string_view word, std::string& own);
FinishReason read_anthropic_stop(std::string_view word, std::string& own);

/// A fresh id for a call that came without one.
std::string make_call_id();

}  // namespace gatehouse::api
