#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/chat.h"
#include "core/json.h"
#include "core/result.h"

/// The upstream's side of the dialects: requests written for a server, its answers read back.
namespace gatehouse::api {

/// A request as the upstream gets it.
struct UpstreamBody {
  std::string body;
  /// What the upstream's dialect cannot say and what is therefore not honoured, as
  /// "seed: …" for the caller to read. What would change the meaning of the request is refused
  /// instead.
  std::vector<std::string> warnings;
  /// A structured answer was asked of a server that only knows tools: the call of this tool is the
  /// answer's text. Give it to the parsers below.
  std::string answer_tool;
};

struct UpstreamOptions {
  Dialect dialect = Dialect::openai;
  std::string_view model;  // as the upstream names it
  /// Anthropic requires a maximum; this one is sent if the request has none.
  int64_t default_max_tokens = 4096;
  /// Sends it to a server of OpenAI's dialect as well, which else has no maximum then.
  bool cap_output = false;
  /// Asks a stream of OpenAI's dialect for its usage, whatever the client asked for.
  bool force_usage = true;
};

/// The body for an upstream: the client's own bytes but for the model's name and the usage option
/// where dialects agree and nothing was edited, otherwise written anew from the native form.
/// Refuses (kind `invalid_request`, code "unsupported_parameter") what the upstream cannot do.
Result<UpstreamBody> upstream_body(const ChatRequest& request, const UpstreamOptions& options);

/// A maximum of output tokens, under the name that the upstream takes; none if that is empty.
struct OutputCap {
  std::string_view name = {};
  int64_t tokens = 0;
};

/// The client's bytes with only `model` replaced and, if `force_usage`, `stream_options.
/// include_usage` set, and `cap`; nothing if that takes more than replacing top-level values.
/// `body` must have passed one of the parsers of requests.h. Linear in the body, about 0.1 us a KB.
std::optional<std::string> patch_body(std::string_view body, std::string_view model,
                                      bool force_usage, OutputCap cap = {});

/// The request written anew, in whole.
Result<UpstreamBody> write_openai_request(const ChatRequest& request,
                                          const UpstreamOptions& options);
Result<UpstreamBody> write_anthropic_request(const ChatRequest& request,
                                             const UpstreamOptions& options);
/// For /v1/messages/count_tokens: the same without what that endpoint does not take.
Result<std::string> write_anthropic_count(const ChatRequest& request,
                                          const UpstreamOptions& options);

std::string write_embedding_request(const EmbeddingRequest& request, std::string_view model);

/// Whole answers. `body` is moved into the completion, to pass on unchanged; answers that break the
/// dialect's rules in ways that SDKs trip over are mended and marked `edited`. Errors are of kind
/// `upstream_error`.
Result<ChatCompletion> parse_completion(std::string body, Dialect dialect,
                                        std::string_view answer_tool = {});
/// An answer of OpenAI's /v1/completions.
Result<ChatCompletion> parse_text_completion(std::string body);
Result<EmbeddingResponse> parse_embeddings(std::string body, size_t expected);
Result<int64_t> parse_token_count(std::string body);

/// What a status other than 2xx of an upstream means to the caller: 4xx that the caller can mend
/// keep the upstream's message (shortened, never with a credential); 401 and 403 are the
/// operator's to mend, 429 and 5xx are worth another upstream. `body` may be anything.
Refusal upstream_refusal(int status, std::string body, std::string_view upstream);

/// Whether the upstream itself said, in an answer of status 200 or in an event of its stream, that
/// it failed; false where its answer was cut or could not be understood.
bool told_by_upstream(const Refusal& refusal);

/// A whole answer as the events that a stream of it would have been.
std::deque<ChatEvent> events_of(ChatCompletion completion);

/// Reads the events of one upstream's stream. Not thread-safe.
class StreamParser {
 public:
  /// `client` is whom the answer is for: others than Anthropic's see none of its own blocks.
  StreamParser(Dialect dialect, ChatRequest::Operation operation, std::string answer_tool = {},
               Dialect client = Dialect::anthropic);

  /// One SSE event, its lines joined; `event` is its name or empty. Returns nothing for events that
  /// mean nothing to anybody ("[DONE]" and message_stop, which set `done`, included). An error that
  /// the upstream sends in-band is an error here.
  Result<std::optional<ChatEvent>> parse(std::string_view event, std::string data);

  /// A whole answer where a stream was asked for.
  Result<ChatCompletion> whole(std::string body);

  /// The upstream said that the answer is whole.
  bool done() const { return done_; }
  /// Every choice that began has a finish reason: an upstream that closes now left nothing out.
  bool finished() const;
  bool has_output() const { return has_output_; }
  /// The last usage that it told.
  const std::optional<Usage>& usage() const { return usage_; }

 private:
  struct ChoiceState {
    int index = 0;
    bool finished = false;
    int tools = 0;  // calls that began
  };
  using Parsed = Result<std::optional<ChatEvent>>;

  Parsed openai(std::string data);
  /// Takes over one choice of a chunk; sets the event's `edited` if its bytes break the rules.
  bool openai_choice(const json::Element& element, size_t position, ChatEvent& event);
  bool openai_delta(const json::Object& delta, ChoiceState& state, ChoiceDelta& out,
                    ChatEvent& event);
  bool openai_tool(const json::Element& element, ChoiceState& state, ChoiceDelta& out,
                   ChatEvent& event);
  ChoiceState* choice(int index);

  Parsed anthropic(std::string_view event, std::string data);
  void anthropic_start(const json::Object& root, ChatEvent& event);
  void anthropic_block_start(const json::Object& root, ChatEvent& event);
  void anthropic_block_delta(const json::Object& root, ChatEvent& event);
  void anthropic_foreign_delta(const json::Element& delta, std::string_view type, ChatEvent& event);
  void anthropic_block_stop(ChatEvent& event);
  void anthropic_message_delta(const json::Object& root, ChatEvent& event);

  Dialect dialect_;
  ChatRequest::Operation operation_;
  std::string answer_tool_;
  Dialect client_;
  std::vector<ChoiceState> choices_;
  std::optional<Usage> usage_;
  bool named_ = false;  // the first event, which names the answer, was seen
  bool done_ = false;
  bool has_output_ = false;
  bool in_answer_tool_ = false;
  bool in_call_ = false;       // Anthropic: the open block is a call
  bool in_foreign_ = false;    // Anthropic: it has no native form
  bool borders_ = false;       // Anthropic: where a text ends tells what a citation belongs to
  std::string foreign_input_;  // of the open block, as far as it has come
  int calls_ = 0;              // Anthropic: calls that began
};

}  // namespace gatehouse::api
