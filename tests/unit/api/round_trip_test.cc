#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/requests.h"
#include "api/upstream.h"

// Requests made at random: neutral form, a dialect's bytes, neutral form again.
namespace gatehouse::api {
namespace {

ToolCall call(const std::string& id, const std::string& name, const std::string& arguments) {
  ToolCall out;
  out.id = id;
  out.name = name;
  out.arguments = arguments;
  return out;
}

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  std::string text() {
    static const char* const kPieces[] = {"a", "\"", "\\",     "\n", "é",    "日本", "\u2028",
                                          "{", "}",  "data: ", "\t", "\x01", "😀",   "</s>"};
    std::string out = "t";
    for (int i = below(12); i > 0; --i) out += kPieces[below(14)];
    return out;
  }

  Part part(bool user) {
    Part part;
    part.text = text();
    if (user && below(4) == 0) {
      part.kind = Part::Kind::image;
      part.text.clear();
      part.raw = R"({"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}})";
    }
    return part;
  }

  ChatRequest request() {
    ChatRequest out;
    out.edited = true;
    out.model = "m";
    if (below(2) == 0) message(out, Role::system, 1, false);
    const int turns = 1 + below(4);
    for (int turn = 0; turn < turns; ++turn) {
      message(out, Role::user, 1 + below(3), true);
      message(out, Role::assistant, below(2), false);
      Message& assistant = out.messages.back();
      for (int i = below(3) + (assistant.parts.empty() ? 1 : 0); i > 0; --i) {
        const std::string id = "call_" + std::to_string(turn) + std::to_string(i);
        assistant.tool_calls.push_back(call(id, "f", R"({"a":[1,"x"],"b":{}})"));
      }
      assistant.no_content = assistant.parts.empty();
      const std::vector<ToolCall> calls = assistant.tool_calls;
      for (const ToolCall& call : calls) {
        message(out, Role::tool, 1, false);
        out.messages.back().tool_call_id = call.id;
      }
    }
    message(out, Role::user, 1, false);
    out.tools.push_back({"f", text(), R"({"type":"object"})", false, "", ""});
    out.tool_choice.mode = static_cast<ToolChoice::Mode>(below(4));
    if (out.tool_choice.mode == ToolChoice::Mode::named) out.tool_choice.name = "f";
    out.sampling.max_tokens = 1 + below(1000);
    if (below(2) == 0) out.sampling.temperature = below(10) / 10.0;
    if (below(2) == 0) out.sampling.stop = {text(), text()};
    if (below(2) == 0) out.user = text();
    out.stream = below(2) == 0;
    return out;
  }

 private:
  void message(ChatRequest& out, Role role, int parts, bool user) {
    Message& message = out.messages.emplace_back();
    message.role = role;
    for (int i = 0; i < parts; ++i) message.parts.push_back(part(user));
  }

  std::mt19937 random_;
};

/// What a request says, for comparison.
std::string told(const ChatRequest& request, bool images) {
  std::string out = request.model + "|";
  for (const Message& message : request.messages) {
    out += std::string(to_string(message.role)) + ":" + message.tool_call_id + ":";
    for (const Part& part : message.parts) {
      if (part.kind == Part::Kind::image) out += images ? "image " + part.raw : "image";
      out += part.text + ";";
    }
    for (const ToolCall& call : message.tool_calls) {
      out += call.id + "," + call.name + "," + call.arguments + ";";
    }
    out += "\n";
  }
  for (const Tool& tool : request.tools) {
    out += tool.name + tool.description + tool.parameters + "|";
  }
  out += std::to_string(static_cast<int>(request.tool_choice.mode)) + request.tool_choice.name;
  out += "|" + std::to_string(request.sampling.max_tokens.value_or(0));
  out += "|" + std::to_string(request.sampling.temperature.value_or(-1));
  for (const std::string& stop : request.sampling.stop) out += "|" + stop;
  return out + "|" + request.user + (request.stream ? "|stream" : "");
}

TEST(RoundTrip, ThroughTheOwnDialect) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const ChatRequest request = Maker(seed).request();
    UpstreamOptions options;
    options.model = "m";
    auto written = write_openai_request(request, options);
    ASSERT_TRUE(written) << written.error().message;
    auto again = parse_openai_chat(written->body);
    ASSERT_TRUE(again) << again.error().message << " in " << written->body;
    EXPECT_EQ(told(*again, true), told(request, true)) << "seed " << seed;
    EXPECT_TRUE(written->warnings.empty());
  }
}

TEST(RoundTrip, ThroughTheOtherDialectAndBack) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const ChatRequest request = Maker(seed).request();
    UpstreamOptions options;
    options.model = "m";
    options.dialect = Dialect::anthropic;
    auto written = write_anthropic_request(request, options);
    ASSERT_TRUE(written) << written.error().message;
    auto there = parse_anthropic_messages(written->body);
    ASSERT_TRUE(there) << there.error().message << " in " << written->body;
    EXPECT_EQ(told(*there, false), told(request, false)) << "seed " << seed;
    options.dialect = Dialect::openai;
    there->edited = true;
    auto back = write_openai_request(*there, options);
    ASSERT_TRUE(back) << back.error().message;
    auto again = parse_openai_chat(back->body);
    ASSERT_TRUE(again) << again.error().message << " in " << back->body;
    EXPECT_EQ(told(*again, false), told(request, false)) << "seed " << seed;
  }
}

TEST(RoundTrip, PatchingChangesNothingButTheModel) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    ChatRequest request = Maker(seed).request();
    request.stream = true;
    UpstreamOptions options;
    options.model = "m";
    options.force_usage = seed % 2 == 0;
    auto written = write_openai_request(request, options);
    ASSERT_TRUE(written);
    auto patched = patch_body(written->body, "m2", true);
    ASSERT_TRUE(patched);
    auto again = parse_openai_chat(*patched);
    ASSERT_TRUE(again) << *patched;
    request.model = "m2";
    EXPECT_TRUE(again->include_usage);
    EXPECT_EQ(told(*again, true), told(request, true));
  }
}

}  // namespace
}  // namespace gatehouse::api
