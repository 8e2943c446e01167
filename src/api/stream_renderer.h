#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/chat.h"
#include "core/refusal.h"

namespace gatehouse::api {

/// How a stream looks to its client.
struct StreamTarget {
  Dialect dialect = Dialect::openai;
  ChatRequest::Operation operation = ChatRequest::Operation::chat;
  bool include_usage = false;     // OpenAI: a last chunk with the usage
  bool legacy_functions = false;  // OpenAI: `function_call` instead of `tool_calls`
  /// Someone (the firewall's window) may edit, hold back or merge events: nothing is passed on by
  /// its raw bytes' structure. Without it, events pass unchanged until the first one that is
  /// edited.
  bool inspected = false;
  /// Names the answer if its upstream does not; `created` is in Unix seconds.
  std::string id, model;
  int64_t created = 0;
  /// Anthropic tells the input's tokens first, OpenAI's upstreams last: what to say until then.
  int64_t estimated_input_tokens = 0;

  static StreamTarget of(const ChatRequest& request);
};

/// Writes the events of one streamed answer as the bytes of the client's SSE stream. Not
/// thread-safe. The order of calls: `render` any number of times, then `finish` or `error`, once.
///
/// OpenAI: the first chunk of a choice carries the role, `finish_reason` is null until its end, and
/// the usage is a last chunk without choices, sent only if asked for, then "[DONE]". Anthropic:
/// message_start, blocks with their start, deltas and stop, message_delta with the stop reason and
/// the usage, message_stop. An event of the client's dialect that nobody edited passes unchanged.
class StreamRenderer {
 public:
  explicit StreamRenderer(StreamTarget target);

  /// Appends what the client gets of this event; may be nothing.
  void render(const ChatEvent& event, std::string& out);

  /// Appends the end of an answer that is whole. `usage` is the final count.
  void finish(const Usage& usage, std::string& out);

  /// Appends an error in-band; a stream that ends so has no [DONE] and no message_stop.
  void error(const Refusal& refusal, std::string& out);

  /// A comment that keeps the connection alive and that SDKs skip.
  static void keep_alive(std::string& out);

 private:
  struct ChoiceState {
    int index = 0;
    bool finished = false;
  };
  enum class Block : uint8_t { none, unknown, text, thinking, tool, foreign };

  void learn(const ChatEvent& event);

  void openai(const ChatEvent& event, std::string& out);
  void openai_rebuilt(const ChatEvent& event, std::string& out);
  void openai_choice(const ChoiceDelta& delta, bool first, bool same_dialect,
                     std::string& out) const;
  void openai_finish(const Usage& usage, std::string& out);
  void openai_prefix();
  /// Whether this is the choice's first delta; remembers it.
  bool begin_choice(int index);

  void anthropic(const ChatEvent& event, std::string& out);
  void anthropic_track(const ChatEvent& event);
  /// `usage` and `event` may be null.
  void anthropic_start(const Usage* usage, const ChatEvent* event, std::string& out);
  void anthropic_end(const ChatEvent& event, const ChoiceDelta& delta);
  void anthropic_delta(const ChoiceDelta& delta, std::string& out);
  void anthropic_content(const ChoiceDelta& delta, std::string& out);
  void anthropic_tool(const ToolCallDelta& call, std::string& out);
  void anthropic_foreign(const ForeignPiece& piece, std::string& out);
  void end_call(std::string& out);
  void anthropic_finish(const Usage& usage, std::string& out);
  /// Opens a block of this kind unless one is open.
  void need_block(Block kind, std::string& out);
  void open_block(Block kind, std::string_view content, std::string& out);
  void close_block(std::string& out);
  void begin_delta(std::string& out) const;
  void block_delta(std::string_view type, std::string_view field, std::string_view text,
                   std::string& out) const;

  StreamTarget target_;
  std::string system_fingerprint_, service_tier_;
  std::string prefix_;  // OpenAI: a chunk up to its choices
  std::vector<ChoiceState> choices_;
  bool usage_sent_ = false;

  bool raw_;  // Anthropic: nothing was edited yet
  bool started_ = false;
  bool same_dialect_ = false;  // Anthropic: the event at hand is of that dialect
  Block block_ = Block::none;
  int block_index_ = -1;  // of the last block that was opened
  int open_tool_ = -1;    // the call that the open block belongs to
  /// What came while a call's block was open: blocks can't interleave, and only Anthropic's
  /// upstreams tell where a call ends, so it follows the call. One call each, or anything else.
  std::vector<ChoiceDelta> waiting_;
  bool delta_sent_ = false;  // message_delta
  FinishReason finish_reason_ = FinishReason::none;
  std::string finish_word_, stop_sequence_;
  Others delta_others_, end_others_;  // of message_delta's delta, of itself
  UsageOthers usage_others_;          // the last ones count
};

}  // namespace gatehouse::api
