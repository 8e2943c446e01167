#include "app/cli/probe.h"

#include <chrono>
#include <filesystem>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/cli/http.h"
#include "app/cli/pinned_files.h"

namespace gatehouse::app::cli {
namespace {

namespace bj = boost::json;
using inference::UpstreamSpec;

HttpCall call_to(const UpstreamSpec& spec) {
  HttpCall call;
  call.base_url = spec.base_url;
  call.ca_file = spec.ca_file;
  call.timeout = std::chrono::milliseconds(spec.connect_timeout_ms);
  call.total = std::chrono::milliseconds(std::min<int64_t>(spec.first_byte_timeout_ms, 30'000));
  if (!spec.api_key.empty()) {
    if (spec.kind == UpstreamSpec::Kind::anthropic) {
      call.headers.add("x-api-key", spec.api_key);
    } else {
      call.headers.add("authorization", "Bearer " + spec.api_key);
    }
  }
  if (spec.kind == UpstreamSpec::Kind::anthropic) {
    call.headers.add("anthropic-version", "2023-06-01");
  }
  for (const auto& [name, value] : spec.headers) call.headers.set(name, value);
  return call;
}

/// Anthropic's base URL has no version in it, OpenAI's has.
std::string path_of(const UpstreamSpec& spec, std::string_view path) {
  const bool versioned = spec.base_url.ends_with("/v1") || spec.base_url.ends_with("/v1/");
  return spec.kind == UpstreamSpec::Kind::anthropic && !versioned ? fmt::format("/v1{}", path)
                                                                  : std::string(path);
}

std::string advice(int status) {
  if (status == 401 || status == 403)
    return "the credential is refused: check api_key_env or _file";
  if (status == 404) return "no such path: check that base_url ends where the API starts (…/v1)";
  if (status == 429) return "the provider's limit is reached";
  if (status >= 500) return "the upstream itself fails";
  return "not what was expected";
}

size_t count_models(const std::string& body) {
  bj::error_code error;
  const bj::value parsed = bj::parse(body, error);
  if (error || !parsed.is_object()) return 0;
  const bj::value* data = parsed.as_object().if_contains("data");
  return data != nullptr && data->is_array() ? data->as_array().size() : 0;
}

Probe ask_model(const UpstreamSpec& spec, const std::string& model) {
  HttpCall call = call_to(spec);
  call.method = "POST";
  const bool anthropic = spec.kind == UpstreamSpec::Kind::anthropic;
  call.path = path_of(spec, anthropic ? "/messages" : "/chat/completions");
  call.headers.add("content-type", "application/json");
  call.body = bj::serialize(
      bj::object{{"model", model},
                 {"max_tokens", 1},
                 {"messages", bj::array{bj::object{{"role", "user"}, {"content", "Hi"}}}}});
  Probe probe;
  const auto answer = http_call(call);
  if (!answer) {
    probe.detail = answer.error().reason;
  } else if (answer->status == 200) {
    probe.ok = true;
    probe.detail = fmt::format("\"{}\" answers", model);
  } else {
    probe.detail =
        fmt::format("\"{}\": status {}: {}", model, answer->status, advice(answer->status));
  }
  return probe;
}

Probe ask(const UpstreamSpec& spec, const std::string& model) {
  HttpCall call = call_to(spec);
  call.path = path_of(spec, "/models");
  Probe probe;
  const auto answer = http_call(call);
  if (!answer) {
    probe.detail = answer.error().reason.empty() ? answer.error().message : answer.error().reason;
    return probe;
  }
  if (answer->status == 200) {
    probe.ok = true;
    probe.detail = fmt::format("{} models", count_models(answer->body));
  } else if (answer->status == 404 && !model.empty()) {
    probe.ok = true;
    probe.detail = "no list of models";
  } else {
    probe.detail = fmt::format("status {}: {}", answer->status, advice(answer->status));
    return probe;
  }
  if (model.empty()) return probe;
  Probe asked = ask_model(spec, model);
  asked.detail = probe.detail + ", " + asked.detail;
  return asked;
}

Probe look(const inference::LocalEngineSpec& engine) {
  Probe probe;
  for (const std::filesystem::path& file : engine_files(engine)) {
    std::error_code error;
    if (std::filesystem::is_regular_file(file, error)) continue;
    probe.detail = fmt::format("{} is missing: run `make assets`", file.string());
    return probe;
  }
  probe.ok = true;
  probe.detail = "both model files are there";
  return probe;
}

}  // namespace

Probe probe_upstream(const UpstreamSpec& spec, const inference::LocalEngineSpec& engine,
                     const std::string& model) {
  const auto start = std::chrono::steady_clock::now();
  Probe probe = spec.kind == UpstreamSpec::Kind::local ? look(engine) : ask(spec, model);
  probe.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return probe;
}

}  // namespace gatehouse::app::cli
