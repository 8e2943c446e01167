#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The neutral form of a chat, between the dialects of clients and of upstreams. Everything that
/// the firewall, routing and settlement look at is here in native types; what only passes through
/// is kept as JSON text. All of these are plain values, owned by one request.
namespace gatehouse::api {

enum class Dialect : uint8_t { openai, anthropic };
std::string_view to_string(Dialect dialect);

enum class Role : uint8_t { system, developer, user, assistant, tool };
std::string_view to_string(Role role);

/// One part of a message's content.
struct Part {
  enum class Kind : uint8_t {
    text,
    image,
    audio,
    file,
    refusal,
    thinking,
    redacted_thinking,
    other
  };
  Kind kind = Kind::text;
  /// Of text, refusal and thinking. Of a file that is a plain text document: its text.
  std::string text;
  /// Of thinking; of redacted_thinking its data. Must reach the upstream byte for byte.
  std::string signature;
  /// The part's JSON, in the request's dialect, where the fields above do not say it all; empty for
  /// a plain text. Of a text part, the fields beside the text (cache marks, citations) count: the
  /// text itself is always `text`.
  std::string raw;
  /// What `raw` says beside `text`, to be read (side_texts.h): a document's title and context, all
  /// of another kind's.
  std::string beside;
  bool from_tool =
      false;  // results and pages that a provider's own tool brought, whoever's the turn
};

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // JSON text as the model wrote it, not necessarily valid
  /// How many of the message's parts came before the call; past the end: all of them.
  size_t parts_before = SIZE_MAX;
  bool custom = false;  // OpenAI's tool of free text: `arguments` is its input, no JSON
  /// JSON objects of other members in the dialect of the request or answer, of the call (cache
  /// marks, signatures of what was thought before it) and of what holds its name and arguments;
  /// empty if there are none.
  std::string extra;
  std::string function_extra;
};

struct Message {
  Role role = Role::user;
  std::vector<Part> parts;
  std::vector<ToolCall> tool_calls;  // assistant
  std::string tool_call_id;          // tool
  std::string name;
  bool tool_error = false;  // tool: Anthropic's is_error
  /// An assistant's content was null or absent (there are tool calls instead), not "".
  bool no_content = false;
  /// Set where one message of the client's became several here (Anthropic's tool results): this one
  /// belongs to the same message as the one before it.
  bool continues = false;
  /// Fields without a native form, as a JSON object in the request's dialect; empty if none.
  std::string extra;

  /// The text parts joined by newlines.
  std::string text() const;
};

struct Tool {
  std::string name;
  std::string description;
  std::string parameters;  // JSON Schema as text; empty if none
  bool strict = false;
  /// The tool's JSON, in the request's dialect, if it is more than the fields above (a server's
  /// built-in tool, a cache mark); `name` is then empty if it has none.
  std::string raw;
  std::string side_text;  // all that the definition says, to be read (side_texts.h)

  /// Whether any dialect can say it: no tool of free text, none that a provider's servers run.
  bool is_function() const { return !name.empty() && (raw.empty() || !parameters.empty()); }
};

struct ToolChoice {
  enum class Mode : uint8_t { automatic, none, required, named };
  Mode mode = Mode::automatic;
  std::string name;  // when named
  std::string raw;   // a form that only the request's dialect has ("allowed_tools"), else empty
  std::vector<std::string> allowed;  // names of "allowed_tools"; empty: all tools
};

struct ResponseFormat {
  enum class Kind : uint8_t { text, json_object, json_schema };
  Kind kind = Kind::text;
  std::string name;
  std::string description;
  std::string schema;  // JSON Schema as text
  bool strict = false;
  std::string side_text;  // as of a tool
  /// Where the dialect's own member says this and no more: its name. `ChatRequest::extra` keeps it.
  std::string member;
};

/// Values that the caller gave; what is absent is the model's default.
struct Sampling {
  // Ranges are those that the caller's dialect allows.
  std::optional<double> temperature, top_p, frequency_penalty, presence_penalty;
  std::optional<int64_t> top_k, seed, max_tokens;
  std::optional<int> top_logprobs;
  bool completion_tokens = false;  // the caller said max_completion_tokens
  bool logprobs = false;
  int n = 1;
  std::vector<std::string> stop;
  std::vector<std::pair<int, double>> logit_bias;
};

struct ChatRequest {
  /// `text_completion` is the legacy /v1/completions: `prompts` instead of `messages`.
  enum class Operation : uint8_t { chat, text_completion };
  Operation operation = Operation::chat;
  Dialect dialect = Dialect::openai;
  std::string model;  // as the client names it
  std::vector<Message> messages;
  std::vector<std::string> prompts;
  std::vector<Tool> tools;
  ToolChoice tool_choice;
  std::optional<bool> parallel_tool_calls;
  ResponseFormat response_format;
  Sampling sampling;
  bool stream = false;
  bool include_usage = false;
  bool echo = false;              // text_completion
  bool legacy_functions = false;  // `functions` and `function_call`, the form before tools
  std::string user;
  std::string metadata;  // JSON text, empty if none
  /// Top-level fields that have no native form here, as name and JSON text, in the request's
  /// dialect.
  std::vector<std::pair<std::string, std::string>> extra;

  /// The body as it came. An upstream of the same dialect gets these bytes, the model's name and
  /// stream options apart, unless `edited`.
  std::string body;
  /// Set by whoever changes messages, prompts or tools: the body must then be written anew.
  bool edited = false;
};

enum class FinishReason : uint8_t {
  none,
  stop,
  stop_sequence,
  length,
  tool_calls,
  content_filter,
  refusal,
  pause
};
std::string_view openai_finish_reason(FinishReason reason);
std::string_view anthropic_stop_reason(FinishReason reason);

/// Token counts of one call. `input` includes `cached_input` and `cache_write_input`, whatever the
/// upstream's dialect counts; `output` includes `reasoning`.
struct Usage {
  int64_t input = 0;
  int64_t cached_input = 0;
  int64_t cache_write_input = 0;
  int64_t output = 0;
  int64_t reasoning = 0;
  bool estimated = false;  // the upstream told nothing: counted from the text
  int64_t total() const { return input + output; }
};

/// What the upstream's usage says beside the counts, as JSON members each behind a comma, for a
/// client of its dialect.
struct UsageOthers {
  std::string members;
  std::string input_details, output_details;  // OpenAI's objects of these names
};

/// What an object of an answer says beside what has a native form, likewise.
struct Others {
  std::string told;     // members each behind a comma: what no model wrote
  std::string unknown;  // a JSON object, or empty: to be read
};

/// Of Anthropic's whole answers: a place where the text stops, and what only that dialect has
/// there.
struct TextBreak {
  size_t at = 0;          // bytes of `Choice::text` before it
  std::string citations;  // JSON: of the text since the break before; empty: none
  std::string block;      // JSON: without native form, behind that text; empty: none
};

struct Choice {
  int index = 0;
  std::string text;
  std::vector<TextBreak> breaks;  // in order
  std::string refusal;
  std::vector<Part> thinking;  // thinking and redacted_thinking, in order, before the text
  std::vector<ToolCall> tool_calls;
  FinishReason finish_reason = FinishReason::none;
  std::string finish_word;    // the upstream's own, where `finish_reason` does not say it
  std::string stop_sequence;  // the one that was hit
  std::string logprobs;       // JSON text, empty if none
  Others others;              // of Anthropic's: what a stream tells with the stop reason
  std::string unknown;        // as in Others, of OpenAI's message
};

/// A whole answer.
struct ChatCompletion {
  std::string id;
  std::string model;    // as the upstream names it
  int64_t created = 0;  // Unix seconds
  std::string system_fingerprint, service_tier;
  std::vector<Choice> choices;
  Usage usage;
  UsageOthers usage_others;
  Others others;
  /// What there is to read in `body` beside the choices' fields, line by line: other members
  /// without a native form, which reach the client with the body only.
  std::string unread;
  /// The upstream's body, for a client of the same dialect, unless `edited`.
  std::string body;
  Dialect dialect = Dialect::openai;
  bool edited = false;
};

struct ToolCallDelta {
  int index = 0;
  std::string id;         // with the first piece only
  std::string name;       // likewise
  std::string arguments;  // the next piece
  bool custom = false;    // as in ToolCall
  std::string extra;      // likewise, of this piece
  std::string function_extra;
};

struct ChoiceDelta {
  int index = 0;
  std::string text;
  std::string refusal;
  std::string thinking;
  std::string thinking_signature;
  std::string redacted_thinking;
  std::vector<ToolCallDelta> tool_calls;
  FinishReason finish_reason = FinishReason::none;
  std::string finish_word, stop_sequence;  // as in Choice
  std::string logprobs;                    // JSON text, empty if none
  Others others;                           // as in Choice
  std::string unknown;                     // likewise, of OpenAI's delta

  /// Whether it carries output that a user would see or pay for.
  bool has_output() const {
    return !text.empty() || !refusal.empty() || !thinking.empty() || !redacted_thinking.empty() ||
           !tool_calls.empty();
  }
};

/// What only Anthropic's streams have: a block without native form (a server's own tool, what it
/// gave back) or a citation of the open text. It reaches clients of the dialect alone.
struct ForeignPiece {
  enum class Kind : uint8_t { none, block, delta, end, citation };
  Kind kind = Kind::none;
  std::string json;  // the block or the delta; of an end, the tool's input, or empty
};

/// One event of a streamed answer.
struct ChatEvent {
  // Of the answer; set in the first event at least.
  std::string id, model, system_fingerprint, service_tier;
  int64_t created = 0;
  std::vector<ChoiceDelta> choices;
  std::optional<Usage> usage;
  UsageOthers usage_others;
  ForeignPiece foreign;
  Others others;
  std::string unread;  // as in ChatCompletion, of `raw_data`
  /// The SSE data (and event name) as received, for a client of the same dialect, unless `edited`.
  std::string raw_event, raw_data;
  Dialect dialect = Dialect::openai;
  bool edited = false;
};

struct EmbeddingRequest {
  std::string model;
  std::vector<std::string> inputs;
  std::vector<std::vector<int32_t>> token_inputs;  // instead of inputs
  std::optional<int> dimensions;
  bool base64 = false;
  std::string user;
  std::vector<std::pair<std::string, std::string>> extra;  // as in ChatRequest
  std::string body;
  bool edited = false;
};

struct ModerationRequest {
  std::string model;
  std::vector<std::string> inputs;  // one result each
  /// The input is a list of parts: one result for all of them, `inputs` holding the texts.
  bool multimodal = false;
  size_t images = 0;  // how many of the parts are images, which only some models look at
};

struct EmbeddingResponse {
  std::string model;
  std::vector<std::vector<float>> embeddings;  // in the order of the inputs
  Usage usage;
};

}  // namespace gatehouse::api
