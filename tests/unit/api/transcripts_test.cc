#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/stream_renderer.h"
#include "api/upstream.h"

// Whole streams as upstreams send them, seen by clients of both dialects.
namespace gatehouse::api {
namespace {

using testing::HasSubstr;

std::string transcript(const std::string& name) {
  std::ifstream file(GATEHOUSE_SOURCE_DIR "/tests/data/transcripts/" + name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(text.empty()) << name;
  return text;
}

struct Sse {
  std::string event, data;
};

/// A reader of its own, so that these tests need nothing of the network layer.
std::vector<Sse> events_of(const std::string& text) {
  std::vector<Sse> out;
  Sse next;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    at = end == std::string::npos ? text.size() : end + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) {
      if (!next.data.empty()) out.push_back(next);
      next = {};
    } else if (line.starts_with("event:")) {
      next.event = line.substr(line.find_first_not_of(' ', 6));
    } else if (line.starts_with("data:")) {
      next.data = line.substr(line.find_first_not_of(' ', 5));
    }
  }
  return out;
}

struct Played {
  std::string out, text, thinking, signature;
  std::vector<ToolCall> calls;
  FinishReason finish = FinishReason::none;
  std::optional<Usage> usage;
  bool done = false, finished = false;
};

Played play(const std::string& stream, Dialect from, Dialect to, bool edited = false,
            bool include_usage = true) {
  Played played;
  StreamParser parser(from, ChatRequest::Operation::chat);
  StreamTarget target;
  target.dialect = to;
  target.include_usage = include_usage;
  StreamRenderer renderer(target);
  for (const Sse& sse : events_of(stream)) {
    auto event = parser.parse(sse.event, sse.data);
    EXPECT_TRUE(event) << event.error().reason;
    if (!event || !*event) continue;
    if (edited) (*event)->edited = true;
    for (const ChoiceDelta& delta : (*event)->choices) {
      played.text += delta.text;
      played.thinking += delta.thinking;
      played.signature += delta.thinking_signature;
      for (const ToolCallDelta& call : delta.tool_calls) {
        const auto index = static_cast<size_t>(call.index);
        if (played.calls.size() <= index) played.calls.resize(index + 1);
        if (!call.id.empty()) played.calls[index].id = call.id;
        if (!call.name.empty()) played.calls[index].name = call.name;
        played.calls[index].arguments += call.arguments;
      }
      if (delta.finish_reason != FinishReason::none) played.finish = delta.finish_reason;
    }
    renderer.render(**event, played.out);
  }
  played.usage = parser.usage();
  played.done = parser.done();
  played.finished = parser.finished();
  renderer.finish(parser.usage().value_or(Usage{}), played.out);
  return played;
}

TEST(Transcripts, PassByteForByteWhereNothingChanges) {
  for (const char* name : {"openai-chat.sse", "openai-tools.sse"}) {
    EXPECT_EQ(play(transcript(name), Dialect::openai, Dialect::openai, false,
                   std::string(name) == "openai-chat.sse")
                  .out,
              transcript(name))
        << name;
  }
  EXPECT_EQ(play(transcript("anthropic-tools.sse"), Dialect::anthropic, Dialect::anthropic).out,
            transcript("anthropic-tools.sse"));
}

TEST(Transcripts, MeanTheSameAfterEachTranslation) {
  const struct {
    const char* name;
    Dialect from;
  } rows[] = {{"openai-chat.sse", Dialect::openai},
              {"openai-tools.sse", Dialect::openai},
              {"openai-quirks.sse", Dialect::openai},
              {"anthropic-tools.sse", Dialect::anthropic}};
  for (const auto& row : rows) {
    const Played first = play(transcript(row.name), row.from, row.from);
    for (const Dialect to : {Dialect::openai, Dialect::anthropic}) {
      for (const bool edited : {false, true}) {
        const std::string written = play(transcript(row.name), row.from, to, edited).out;
        const Played second = play(written, to, to);
        EXPECT_EQ(second.text, first.text) << row.name;
        EXPECT_EQ(second.thinking, first.thinking) << row.name;
        if (to == Dialect::anthropic) {
          EXPECT_EQ(second.signature, first.signature) << row.name;
        }
        EXPECT_EQ(second.finish, first.finish) << row.name;
        EXPECT_TRUE(second.done && second.finished) << row.name;
        ASSERT_EQ(second.calls.size(), first.calls.size()) << row.name;
        for (size_t i = 0; i < first.calls.size(); ++i) {
          EXPECT_EQ(second.calls[i].id, first.calls[i].id);
          EXPECT_EQ(second.calls[i].name, first.calls[i].name);
          EXPECT_EQ(second.calls[i].arguments, first.calls[i].arguments);
        }
        if (!first.usage) continue;
        ASSERT_TRUE(second.usage) << row.name;
        EXPECT_EQ(second.usage->input, first.usage->input) << row.name;
        EXPECT_EQ(second.usage->output, first.usage->output) << row.name;
        EXPECT_EQ(second.usage->cached_input, first.usage->cached_input) << row.name;
      }
    }
  }
}

TEST(Transcripts, QuirksDoNotReachTheClient) {
  const Played played = play(transcript("openai-quirks.sse"), Dialect::openai, Dialect::openai);
  EXPECT_EQ(played.text, "Paris");
  EXPECT_FALSE(played.done);
  EXPECT_TRUE(played.finished);
  EXPECT_EQ(played.usage->output, 2);
  EXPECT_THAT(played.out, Not(HasSubstr(R"("finish_reason":"")")));
  EXPECT_THAT(played.out, Not(HasSubstr(R"("delta":null)")));
  EXPECT_THAT(played.out, HasSubstr(R"("completion_tokens":2)"));
  EXPECT_THAT(played.out, testing::EndsWith("data: [DONE]\n\n"));
}

TEST(Transcripts, CutAnywhereAreNeverDone) {
  for (const char* name : {"openai-chat.sse", "anthropic-tools.sse"}) {
    const std::string whole = transcript(name);
    const bool anthropic = std::string(name).starts_with("anthropic");
    const auto events = events_of(whole);
    for (size_t kept = 0; kept < events.size(); ++kept) {
      StreamParser parser(anthropic ? Dialect::anthropic : Dialect::openai,
                          ChatRequest::Operation::chat);
      for (size_t i = 0; i < kept; ++i) {
        EXPECT_TRUE(parser.parse(events[i].event, events[i].data));
      }
      EXPECT_FALSE(parser.done()) << name << " after " << kept;
      // Cut inside the next event: whatever is handed over is an error, not an answer.
      const std::string& data = events[kept].data;
      auto half = parser.parse(events[kept].event, data.substr(0, data.size() / 2));
      EXPECT_FALSE(half) << name << " inside " << kept;
      EXPECT_FALSE(parser.done());
    }
  }
}

}  // namespace
}  // namespace gatehouse::api
