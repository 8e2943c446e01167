#include "settlement/explain.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/json.h"
#include "core/money.h"

namespace gatehouse::settlement {
namespace {

/// Text that came from a caller, for a terminal: no control character survives.
std::string clean(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xc2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) < 0xa0;  // U+0080 to U+009F
    if (c1) ++i;
    out.push_back(c < 0x20 || c == 0x7f || c1 ? '?' : text[i]);
  }
  return out;
}

/// Members of a JSON object (or of none), with a default where they are not there.
class Reader {
 public:
  Reader() = default;
  explicit Reader(const json::Object& object) : object_(object) {}

  std::string text(std::string_view name) const {
    return clean(get<std::string_view>(name).value_or(std::string_view()));
  }
  int64_t number(std::string_view name) const { return get<int64_t>(name).value_or(0); }
  std::optional<double> real(std::string_view name) const { return get<double>(name); }
  bool flag(std::string_view name) const { return get<bool>(name).value_or(false); }
  Reader object(std::string_view name) const {
    const auto value = get<json::Object>(name);
    return value ? Reader(*value) : Reader();
  }
  std::optional<json::Array> array(std::string_view name) const { return get<json::Array>(name); }
  bool has(std::string_view name) const {
    return object_ && object_->at_key(name).error() == simdjson::SUCCESS;
  }

 private:
  template <typename T>
  std::optional<T> get(std::string_view name) const {
    T value{};
    if (!object_ || object_->at_key(name).get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }
  std::optional<json::Object> object_;
};

class Story {
 public:
  Story(const FoundRecord& found, const Reader& record, bool color)
      : found_(found), record_(record), color_(color) {}

  std::string tell() {
    if (record_.text("kind") == "control") {
      tell_control();
    } else {
      tell_request();
    }
    tell_place();
    return std::move(out_);
  }

 private:
  std::string bold(std::string_view text) const {
    return color_ ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
  }
  void heading(std::string_view text) { out_ += "\n" + bold(text) + "\n"; }

  static std::string millis(int64_t micros) {
    return micros < 10'000 ? fmt::format("{:.2f} ms", static_cast<double>(micros) / 1000)
                           : fmt::format("{} ms", micros / 1000);
  }
  static std::string whose(std::string_view policy_from) {
    if (policy_from.empty()) return "";  // a record of a version that did not say
    return policy_from == "default" ? ", the default"
                                    : fmt::format(", chosen by the {}", policy_from);
  }
  static std::string money(int64_t nanos) { return "$" + Money{nanos}.to_string(); }

  void tell_control() {
    out_ += fmt::format("{}  {}\n", bold(record_.text("id")), record_.text("time"));
    out_ += fmt::format("\n{} did \"{}\"", record_.text("actor"), record_.text("action"));
    if (record_.has("target")) out_ += fmt::format(" to {}", record_.text("target"));
    if (record_.has("tenant")) out_ += fmt::format(", tenant {}", record_.text("tenant"));
    if (record_.has("detail")) out_ += fmt::format(": {}", record_.text("detail"));
    out_ += fmt::format(". It {}.\n", record_.text("outcome"));
  }

  void tell_request() {
    out_ += fmt::format("{}  {}\n\n", bold(record_.text("id")), record_.text("time"));
    out_ += record_.has("key") ? fmt::format("Key {}", record_.text("key"))
                               : std::string("A caller without a valid key");
    if (record_.has("tenant")) out_ += fmt::format(" of tenant {}", record_.text("tenant"));
    if (record_.has("user")) out_ += fmt::format(", user {},", record_.text("user"));
    if (record_.has("client")) out_ += fmt::format(" from {}", record_.text("client"));
    out_ += record_.has("model") ? fmt::format(" asked for {}", record_.text("model"))
                                 : std::string(" asked");
    out_ += fmt::format(" ({}{}, {} API).\n",
                        record_.has("operation") ? record_.text("operation") : "no operation",
                        record_.flag("stream") ? ", streamed" : "", record_.text("api"));
    if (record_.has("folded")) {
      out_ += fmt::format("The record stands for {} such requests.\n", record_.number("folded"));
    }
    if (record_.has("prompt_hmac")) {
      out_ += fmt::format("Its prompt has the keyed hash {}.\n", record_.text("prompt_hmac"));
    }
    tell_trail();
    tell_verdicts();
    tell_answer();
  }

  void tell_trail() {
    const auto trail = record_.array("trail");
    if (!trail || trail->size() == 0) return;
    heading("What was decided, and when (ms since the request began)");
    for (const json::Element element : *trail) {
      json::Object object;
      if (element.get(object) != simdjson::SUCCESS) continue;
      const Reader note(object);
      std::string step = note.text("step");
      std::replace(step.begin(), step.end(), '_', ' ');
      out_ += fmt::format("  {:>10.3f}  {:<10}  {:<20} ",
                          static_cast<double>(note.number("us")) / 1000, note.text("layer"), step);
      const auto score = note.real("score");
      if (score) {
        const double threshold = note.real("threshold").value_or(0);
        out_ += fmt::format(" {:.2f} {} the threshold {:.2f}", *score,
                            *score >= threshold ? "reaches" : "under", threshold);
      } else if (const auto value = note.real("value")) {
        out_ += fmt::format(" {:g} {}", *value, note.text("unit"));
      }
      if (note.has("detail")) {
        const bool behind = note.has("score") || note.has("value");
        out_ += fmt::format(" {}{}{}", behind ? "(" : "", note.text("detail"), behind ? ")" : "");
      }
      while (out_.back() == ' ') out_.pop_back();
      out_.push_back('\n');
    }
  }

  void tell_verdicts() {
    if (!record_.has("policy") && !record_.has("verdicts")) return;
    heading("The firewall");
    if (record_.has("policy")) {
      out_ += fmt::format("  Policy {}, version {}{}.\n", record_.text("policy"),
                          record_.text("policy_version"), whose(record_.text("policy_from")));
    }
    const auto verdicts = record_.array("verdicts");
    if (!verdicts) {
      out_ += "  It found nothing.\n";
      return;
    }
    for (const json::Element element : *verdicts) {
      json::Object object;
      if (element.get(object) != simdjson::SUCCESS) continue;
      const Reader verdict(object);
      out_ += fmt::format("  In the {}: {}", verdict.text("direction"), verdict.text("category"));
      if (verdict.has("rule")) out_ += fmt::format(" ({})", verdict.text("rule"));
      const int64_t count = verdict.number("count");
      if (count > 1) out_ += fmt::format(" in {} places", count);
      const double score = verdict.real("score").value_or(0);
      const double threshold = verdict.real("threshold").value_or(0);
      out_ += fmt::format(", found by {}, score {:.2f} {} the threshold {:.2f}: {}{}.\n",
                          verdict.text("detector"), score, score >= threshold ? "reaches" : "under",
                          threshold, verdict.text("action"),
                          verdict.flag("shadow") ? " (shadow mode: recorded, not enforced)" : "");
    }
  }

  void tell_answer() {
    heading("The answer");
    const Reader usage = record_.object("usage");
    const Reader us = record_.object("us");
    if (record_.has("upstream")) {
      out_ += fmt::format("  {} of upstream {} answered",
                          record_.has("served_model") ? record_.text("served_model") : "A model",
                          record_.text("upstream"));
      const int64_t attempts = record_.number("attempts");
      out_ += attempts > 1 ? fmt::format(", the {}. that was tried.\n", attempts) : ".\n";
      out_ += fmt::format("  {} tokens in", usage.number("input_tokens"));
      if (usage.has("cached_tokens")) {
        out_ += fmt::format(" ({} of them cached)", usage.number("cached_tokens"));
      }
      out_ += fmt::format(", {} tokens out{}.\n", usage.number("output_tokens"),
                          usage.flag("estimated") ? " (estimated)" : "");
    } else {
      out_ += "  No model was asked.\n";
    }
    out_ += fmt::format("  It took {}", millis(us.number("total")));
    constexpr std::pair<std::string_view, std::string_view> kParts[] = {
        {"queue", "waiting for a slot"},
        {"first_token", "to the first token"},
        {"upstream", "at the upstream"},
        {"firewall_input", "for the firewall on the input"},
        {"firewall_output", "for the firewall on the output"}};
    for (const auto& [name, words] : kParts) {
      if (us.has(name)) out_ += fmt::format(", {} {}", millis(us.number(name)), words);
    }
    out_ +=
        fmt::format(".\n  It cost {}, settled against {} reserved.\n",
                    money(usage.number("cost_nano_usd")), money(usage.number("reserved_nano_usd")));
    out_ += fmt::format("  It ended as {}, status {}.\n", bold(record_.text("outcome")),
                        record_.number("status"));
    if (record_.has("error")) {
      const Reader error = record_.object("error");
      out_ += fmt::format("  The layer {} said {}", error.text("layer"), error.text("code"));
      if (error.has("param")) out_ += fmt::format(" about {}", error.text("param"));
      if (error.has("reason")) out_ += fmt::format(": {}", error.text("reason"));
      out_ += ".\n";
    }
    if (record_.has("trace_id")) out_ += fmt::format("  Trace {}.\n", record_.text("trace_id"));
  }

  void tell_place() {
    heading("The record");
    out_ +=
        fmt::format("  Record {} of {} ({}:{}). {} {}\n", found_.seq, found_.stream, found_.file,
                    found_.line_number,
                    found_.hash_holds ? "Its hash holds."
                                      : "ITS HASH DOES NOT HOLD: run `gatehouse audit verify`.",
                    found_.sealed ? "The signed head seals it." : "The next head will seal it.");
  }

  const FoundRecord& found_;
  const Reader& record_;
  bool color_;
  std::string out_;
};

}  // namespace

Result<std::string> explain_text(const FoundRecord& found, bool color) {
  json::Parser parser;
  const auto root = parser.parse_copy(found.line);
  json::Object object;
  if (!root || root->get(object) != simdjson::SUCCESS) {
    Refusal refusal = Refusal::internal(Layer::settlement, "the record is not valid JSON");
    refusal.message =
        fmt::format("The record at {}:{} is not valid JSON; run `gatehouse audit verify`.",
                    found.file, found.line_number);
    return refuse(std::move(refusal));
  }
  const Reader record(object);
  return Story(found, record, color).tell();
}

std::string explain_json(const FoundRecord& found) {
  std::string out =
      fmt::format(R"({{"stream":"{}","file":"{}","line":{},"hash_holds":{},"sealed":{},"record":)",
                  found.stream, found.file, found.line_number, found.hash_holds, found.sealed);
  json::Parser parser;
  if (parser.parse_copy(found.line)) {
    out += found.line;
  } else {
    json::append_untrusted_string(out, found.line);
  }
  out.push_back('}');
  return out;
}

}  // namespace gatehouse::settlement
