#include "api/request_out.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/upstream.h"

namespace gatehouse::api {

void Warnings::add(std::string_view field, std::string_view why) {
  std::string line = fmt::format("{}: {}", field, why);
  if (std::find(list_.begin(), list_.end(), line) == list_.end()) list_.push_back(std::move(line));
}

Refusal unsupported(std::string_view field, std::string message) {
  return Refusal::invalid(std::string(field), std::move(message), "unsupported_parameter");
}

void append_other_members(ListWriter& out, std::string_view raw,
                          std::initializer_list<std::string_view> except) {
  if (raw.empty()) return;
  const auto parsed = json::thread_parser().parse_copy(raw);
  json::Object object;
  if (!parsed || parsed->get(object) != simdjson::SUCCESS) return;
  for (const auto& field : object) {
    if (std::find(except.begin(), except.end(), field.key) != except.end()) continue;
    std::string& text = out.item();
    json::append_string(text, field.key);
    text.push_back(':');
    text.append(json::raw(field.value));
  }
}

std::string text_at(std::string_view raw, std::initializer_list<std::string_view> path) {
  const auto parsed = json::thread_parser().parse_copy(raw);
  if (!parsed) return {};
  json::Element element = *parsed;
  for (const std::string_view name : path) {
    json::Object object;
    if (element.get(object) != simdjson::SUCCESS) return {};
    if (object.at_key(name).get(element) != simdjson::SUCCESS) return {};
  }
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

bool split_data_url(std::string_view url, DataUrl& out) {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kBase64 = ";base64,";
  if (!url.starts_with(kScheme)) return false;
  const size_t mark = url.find(kBase64);
  if (mark == std::string_view::npos || mark > 200) return false;
  const std::string_view type = url.substr(kScheme.size(), mark - kScheme.size());
  out.media_type = type.substr(0, type.find(';'));
  out.data = url.substr(mark + kBase64.size());
  return !out.media_type.empty();
}

bool is_plain_text(const std::vector<Part>& parts) {
  if (parts.empty()) return true;
  return parts.size() == 1 && parts[0].kind == Part::Kind::text && parts[0].raw.empty();
}

Result<UpstreamBody> upstream_body(const ChatRequest& request, const UpstreamOptions& options) {
  if (request.dialect == options.dialect && !request.edited && !request.body.empty()) {
    const bool force = options.force_usage && request.stream && options.dialect == Dialect::openai;
    std::optional<std::string> patched =
        patch_body(request.body, options.model, force, openai_cap(request, options));
    if (patched) return UpstreamBody{std::move(*patched), {}, {}};
  }
  return options.dialect == Dialect::openai ? write_openai_request(request, options)
                                            : write_anthropic_request(request, options);
}

}  // namespace gatehouse::api
