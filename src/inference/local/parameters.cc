#include "inference/local/parameters.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace gatehouse::inference::local {
namespace {

struct Known {
  std::string_view name;
  std::string_view idle;  // the value that asks for nothing, as JSON, beside null and empty ones
};

// What this engine would have to act on, and cannot: an answer that ignored it would be another.
constexpr Known kUnsupported[] = {
    // OpenAI's
    {"audio", ""},
    {"best_of", "1"},
    {"modalities", R"(["text"])"},
    {"prediction", ""},
    {"reasoning", ""},
    {"reasoning_effort", R"("none")"},
    {"suffix", ""},
    {"verbosity", R"("medium")"},
    {"web_search_options", ""},
    // Anthropic's
    {"container", ""},
    {"context_management", ""},
    {"mcp_servers", ""},
    {"output_config", ""},
    {"thinking", R"({"type":"disabled"})"},
    // vLLM's, llama.cpp's and those of servers like them
    {"add_generation_prompt", "true"},
    {"allowed_token_ids", ""},
    {"bad_words", ""},
    {"chat_template", ""},
    {"chat_template_kwargs", ""},
    {"continue_final_message", "false"},
    {"documents", ""},
    {"echo", "false"},
    {"grammar", ""},
    {"guided_choice", ""},
    {"guided_grammar", ""},
    {"guided_json", ""},
    {"guided_regex", ""},
    {"ignore_eos", "false"},
    {"include_reasoning", "false"},
    {"include_stop_str_in_output", "false"},
    {"json_schema", ""},
    {"length_penalty", "1"},
    {"logits_processors", ""},
    {"min_p", "0"},
    {"min_tokens", "0"},
    {"mirostat", "0"},
    {"prompt_logprobs", ""},
    {"repeat_penalty", "1"},
    {"repetition_penalty", "1"},
    {"skip_special_tokens", "true"},
    {"stop_token_ids", ""},
    {"structured_outputs", ""},
    {"truncate_prompt_tokens", ""},
    {"typical_p", "1"},
    {"use_beam_search", "false"},
};

// Fields that are about storing, billing or routing at the provider: they change no answer.
constexpr std::array<std::string_view, 7> kHarmless = {
    "cache_control", "inference_geo", "prompt_cache_key", "safety_identifier",
    "service_tier",  "store",         "stream_options"};

const Known* unsupported(std::string_view name) {
  const auto* found = std::find_if(std::begin(kUnsupported), std::end(kUnsupported),
                                   [name](const Known& known) { return known.name == name; });
  return found == std::end(kUnsupported) ? nullptr : found;
}

bool asks_for_nothing(const Known& known, std::string_view value) {
  if (value.ends_with(".0")) value.remove_suffix(2);
  return value == known.idle || value == "null" || value == "[]" || value == "{}" ||
         value == "\"\"";
}

Refusal cannot(const std::string& name) {
  return Refusal::invalid(name, "The embedded model does not support this parameter.",
                          "unsupported_parameter");
}

}  // namespace

Result<void> check_parameters(const api::ChatRequest& request) {
  for (const auto& [name, value] : request.extra) {
    const Known* known = unsupported(name);
    if (!known || name == request.response_format.member) continue;
    if (!asks_for_nothing(*known, value)) return refuse(cannot(name));
  }
  if (request.echo) return refuse(cannot("echo"));
  return {};
}

std::vector<std::string> ignored_parameters(const ExtraFields& extra, std::string_view but) {
  std::vector<std::string> names;
  for (const auto& [name, value] : extra) {
    const bool harmless = std::find(kHarmless.begin(), kHarmless.end(), name) != kHarmless.end();
    if (!harmless && name != but && !unsupported(name)) names.push_back(name);
  }
  return names;
}

}  // namespace gatehouse::inference::local
