#include <algorithm>

#include <fmt/format.h>

#include "api/answer_reader.h"
#include "api/upstream.h"

// Errors that upstreams tell, by status or in an answer. What they say in words may quote a key or
// the prompt: at most the caller is shown it, and the record keeps names alone.
namespace gatehouse::api {
namespace {

constexpr std::string_view kToldError = "upstream_error";
constexpr std::string_view kToldRateLimit = "upstream_rate_limited";
constexpr std::string_view kToldOverload = "upstream_overloaded";
constexpr size_t kShownBytes = 500;
constexpr size_t kMaxNameBytes = 100;

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '*' || c == '.';
}

/// Providers quote the key that they refuse, in part or in whole.
std::string without_credentials(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const bool boundary = i == 0 || !is_token_character(text[i - 1]);
    const std::string_view rest = text.substr(i);
    size_t start = 0;
    for (const std::string_view prefix : {"sk-", "sk_", "gh_", "Bearer ", "bearer "}) {
      if (boundary && rest.starts_with(prefix)) start = prefix.size();
    }
    if (start == 0) {
      out.push_back(text[i++]);
      continue;
    }
    size_t end = start;
    while (end < rest.size() && is_token_character(rest[end])) ++end;
    out.append("[credential]");
    i += end;
  }
  return out;
}

std::string shortened(std::string_view text) {
  if (text.size() <= kShownBytes) return std::string(text);
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

/// The text if it names a thing ("rate_limit_error", "messages.[1].content"), else nothing.
std::string_view name_in(std::string_view text) {
  const auto may_be = [](char c) {
    return is_token_character(c) || c == '[' || c == ']' || c == '$' || c == '/';
  };
  const bool name = text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), may_be) &&
                    without_credentials(text) == text;
  return name ? text : std::string_view{};
}

/// What the upstream says is wrong, from the shapes that are in use.
struct ToldError {
  std::string message;  // for the caller alone
  std::string code, param, type;

  /// ": type, code", as far as they were told.
  std::string names() const {
    std::string out;
    for (const std::string& name : {type, code}) {
      if (!name.empty()) out.append(out.empty() ? ": " : ", ").append(name);
    }
    return out;
  }
};

ToldError read_error(const json::Element& error) {
  ToldError told;
  std::string_view text;
  json::Object object;
  if (error.get(text) == simdjson::SUCCESS) {
    told.message = shortened(without_credentials(text));
  } else if (error.get(object) == simdjson::SUCCESS) {
    text = text_of(object, "message");
    if (text.empty()) text = text_of(object, "detail");
    told.message = shortened(without_credentials(text));
    told.code = name_in(text_of(object, "code"));
    told.param = name_in(text_of(object, "param"));
    told.type = name_in(text_of(object, "type"));
  }
  return told;
}

ToldError read_error(std::string& body) {
  const auto parsed = json::thread_parser().parse(body);
  json::Object root;
  if (!parsed || parsed->get(root) != simdjson::SUCCESS) return {};
  const auto error = member(root, "error");
  return read_error(error ? *error : *parsed);
}

}  // namespace

Refusal upstream_told_error(const json::Element& error) {
  const ToldError told = read_error(error);
  Refusal refusal;
  refusal.kind = ErrorKind::upstream_error;
  refusal.layer = Layer::inference;
  refusal.code = kToldError;
  refusal.message = "The upstream reported an error.";
  refusal.reason = fmt::format("told in its answer{}", told.names());
  if (told.type == "rate_limit_error" || told.type == "rate_limit_exceeded") {
    refusal.kind = ErrorKind::rate_limited;
    refusal.code = kToldRateLimit;
  } else if (told.type == "overloaded_error") {
    refusal.kind = ErrorKind::unavailable;
    refusal.code = kToldOverload;
  }
  return refusal;
}

bool told_by_upstream(const Refusal& refusal) {
  return refusal.code == kToldError || refusal.code == kToldRateLimit ||
         refusal.code == kToldOverload;
}

Refusal upstream_refusal(int status, std::string body, std::string_view upstream) {
  const ToldError told = read_error(body);
  Refusal refusal;
  refusal.layer = Layer::inference;
  refusal.kind = ErrorKind::upstream_error;
  refusal.code = "upstream_error";
  refusal.message = fmt::format("The upstream '{}' failed.", upstream);
  refusal.reason = fmt::format("{}: status {}{}", upstream, status, told.names());
  const auto passed_on = [&](ErrorKind kind, std::string_view code) {
    refusal.kind = kind;
    refusal.code = told.code.empty() ? std::string(code) : told.code;
    refusal.param = told.param;
    refusal.message = told.message.empty()
                          ? fmt::format("The upstream '{}' refused the request.", upstream)
                          : told.message;
  };
  switch (status) {
    case 400:
    case 422:
      passed_on(ErrorKind::invalid_request, "upstream_refused");
      break;
    case 404:
      passed_on(ErrorKind::not_found, "model_not_found");
      break;
    case 409:
      passed_on(ErrorKind::conflict, "conflict");
      break;
    case 413:
      passed_on(ErrorKind::too_large, "request_too_large");
      break;
    case 401:
    case 403:
      refusal.code = "upstream_credentials";
      refusal.message = fmt::format(
          "The upstream '{}' did not accept the credentials of this gateway.", upstream);
      break;
    case 408:
    case 504:
      refusal.kind = ErrorKind::upstream_timeout;
      refusal.code = "upstream_timeout";
      break;
    case 429:
      refusal.kind = ErrorKind::rate_limited;
      refusal.code = "upstream_rate_limited";
      refusal.message = fmt::format("The upstream '{}' allows no more requests now.", upstream);
      if (told.code == "insufficient_quota" || told.type == "insufficient_quota") {
        refusal.kind = ErrorKind::upstream_error;  // waiting will not help
        refusal.code = "upstream_quota";
      }
      break;
    case 503:
    case 529:
      refusal.kind = ErrorKind::unavailable;
      refusal.code = "upstream_overloaded";
      refusal.message = fmt::format("The upstream '{}' is overloaded.", upstream);
      break;
    default:
      break;
  }
  return refusal;
}

}  // namespace gatehouse::api
