#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "api/chat.h"
#include "api/reader.h"
#include "api/requests.h"

/// The pieces of OpenAI's request parsers. Internal to the layer. All return false with the
/// reader's `error` set.
namespace gatehouse::api {

inline constexpr int64_t kTokenLimit = 100'000'000;  // keeps sums of token counts far from overflow

/// Parses `body` and checks that it is an object without ambiguous names.
bool read_root(Reader& reader, std::string& body, json::Object& root);

/// `messages` of a chat.
bool read_openai_messages(Reader& reader, const Path& path, const json::Element& element,
                          std::vector<Message>& out);

/// `tools`, `functions`, `tool_choice` and `function_call`.
bool read_openai_tools(Reader& reader, const Path& path, const json::Element& element,
                       std::vector<Tool>& out);
bool read_openai_functions(Reader& reader, const Path& path, const json::Element& element,
                           std::vector<Tool>& out);
bool read_openai_tool_choice(Reader& reader, const Path& path, const json::Element& element,
                             ToolChoice& out);
bool read_openai_function_call(Reader& reader, const Path& path, const json::Element& element,
                               ToolChoice& out);
bool read_openai_response_format(Reader& reader, const Path& path, const json::Element& element,
                                 ResponseFormat& out);

bool read_model(Reader& reader, const Path& path, const json::Element& element, std::string& out);
bool read_stop(Reader& reader, const Path& path, const json::Element& element,
               std::vector<std::string>& out);
bool read_logit_bias(Reader& reader, const Path& path, const json::Element& element,
                     std::vector<std::pair<int, double>>& out);
bool read_metadata(Reader& reader, const Path& path, const json::Element& element,
                   std::string& out);
/// `include_usage`; what else is in it is kept in `extra`.
bool read_stream_options(Reader& reader, const Path& path, const json::Element& element,
                         ChatRequest& out);

/// Keeps a field that has no native form as a member of the JSON object in `extra`.
void keep_member(std::string_view name, const json::Element& value, std::string& extra);

/// Keeps a field that has no native form, bounded in number.
bool keep_extra(Reader& reader, const Path& path, const json::Element& element,
                std::vector<std::pair<std::string, std::string>>& extra);

/// A number or an integer into an optional.
template <typename T>
bool read_optional(Reader& reader, const Path& path, const json::Element& element, T min, T max,
                   std::optional<T>& out) {
  T value{};
  if constexpr (std::is_same_v<T, double>) {
    if (!reader.number(path, element, min, max, value)) return false;
  } else {
    if (!reader.integer(path, element, min, max, value)) return false;
  }
  out = value;
  return true;
}

}  // namespace gatehouse::api
