#include "gateway/system_prompt.h"

#include <algorithm>
#include <utility>

namespace gatehouse::gateway {
namespace {

bool is_system(const api::Message& message) {
  return message.role == api::Role::system || message.role == api::Role::developer;
}

}  // namespace

std::string system_prompt_of(const api::ChatRequest& request) {
  std::string joined;
  for (const api::Message& message : request.messages) {
    if (!is_system(message)) continue;
    if (!joined.empty()) joined.push_back('\n');
    joined += message.text();
  }
  return joined;
}

std::string* last_system_text(api::ChatRequest& request) {
  const auto last = std::find_if(request.messages.rbegin(), request.messages.rend(),
                                 [](const api::Message& message) {
                                   return is_system(message) && !message.parts.empty() &&
                                          message.parts.back().kind == api::Part::Kind::text;
                                 });
  return last == request.messages.rend() ? nullptr : &last->parts.back().text;
}

std::string& system_text_to_add_to(api::ChatRequest& request) {
  if (std::string* last = last_system_text(request)) return *last;
  api::Message message;
  message.role = api::Role::system;
  message.parts.emplace_back();
  request.messages.insert(request.messages.begin(), std::move(message));
  return request.messages.front().parts.front().text;
}

std::vector<std::string_view> sources_of(const api::ChatRequest& request,
                                         std::span<const DocumentText> documents) {
  std::vector<std::string_view> sources;
  for (const DocumentText& document : documents) {
    if (document.hidden.empty() && !document.text.empty()) sources.emplace_back(document.text);
  }
  for (const api::Message& message : request.messages) {
    for (const api::Part& part : message.parts) {
      const bool source = message.role == api::Role::tool || part.kind == api::Part::Kind::file;
      if (source && !part.text.empty()) sources.emplace_back(part.text);
      const bool read_beside = part.from_tool || part.kind == api::Part::Kind::other;
      if (read_beside && !part.beside.empty()) sources.emplace_back(part.beside);
    }
  }
  return sources;
}

}  // namespace gatehouse::gateway
