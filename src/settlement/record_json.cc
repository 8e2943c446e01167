#include "settlement/record_json.h"

#include <algorithm>
#include <charconv>
#include <concepts>

#include "core/json.h"
#include "settlement/audit.h"

namespace gatehouse::settlement {
namespace {

constexpr size_t kMaxText = 256;
constexpr size_t kMaxReason = 512;
constexpr size_t kMaxVerdicts = 64;

/// The name of a member, made into `,"name":` when the program is compiled.
class Name {
 public:
  consteval Name(const char* literal) {  // implicit: names are written where they are used
    text_[size_++] = ',';
    text_[size_++] = '"';
    while (*literal != '\0') text_[size_++] = *literal++;
    text_[size_++] = '"';
    text_[size_++] = ':';
  }
  std::string_view text(bool comma) const {
    return {text_ + (comma ? 0 : 1), size_ - (comma ? 0U : 1U)};
  }

 private:
  char text_[40] = {};
  size_t size_ = 0;
};

/// Appends members of one object.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) {}

  void text(const Name& name, std::string_view value, size_t limit = kMaxText) {
    if (value.empty()) return;
    begin(name);
    json::append_untrusted_string(out_, value.substr(0, limit));
  }
  /// A value that is known to hold no character that JSON escapes.
  void plain(const Name& name, std::string_view value) {
    begin(name);
    out_.push_back('"');
    out_.append(value);
    out_.push_back('"');
  }
  template <std::integral T>
  void number(const Name& name, T value) {
    begin(name);
    char buffer[24];
    out_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  }
  template <std::integral T>
  void count(const Name& name, T value) {
    if (value != 0) number(name, value);
  }
  void real(const Name& name, double value) {
    begin(name);
    json::append_decimal(out_, value);
  }
  void flag(const Name& name, bool value) {
    if (!value) return;
    begin(name);
    out_.append("true");
  }
  void time(const Name& name, WallTime value) {
    begin(name);
    out_.push_back('"');
    append_rfc3339(out_, value);
    out_.push_back('"');
  }
  void micros(const Name& name, Nanos value) {
    count(name, std::chrono::duration_cast<std::chrono::microseconds>(value).count());
  }
  void begin(const Name& name) {
    out_.append(name.text(!first_));
    first_ = false;
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_verdicts(std::string& out, const RequestRecord& record) {
  out.push_back('[');
  const size_t kept = std::min(record.verdicts.size(), kMaxVerdicts);
  for (size_t i = 0; i < kept; ++i) {
    const Verdict& verdict = record.verdicts[i];
    out.append(i == 0 ? "{" : ",{");
    Members members(out);
    members.text("direction", verdict.direction);
    members.text("category", verdict.category);
    members.text("action", verdict.action);
    members.text("detector", verdict.detector);
    members.text("rule", verdict.rule);
    members.real("score", verdict.score);
    members.real("threshold", verdict.threshold);
    members.number("count", verdict.count);
    members.flag("shadow", verdict.shadow);
    out.push_back('}');
  }
  out.push_back(']');
}

void append_usage(std::string& out, const RequestRecord& record) {
  out.push_back('{');
  Members members(out);
  members.number("input_tokens", record.input_tokens);
  members.count("cached_tokens", record.cached_tokens);
  members.number("output_tokens", record.output_tokens);
  members.flag("estimated", record.usage_estimated);
  members.number("reserved_nano_usd", record.reserved.nanos);
  members.number("cost_nano_usd", record.cost.nanos);
  out.push_back('}');
}

void append_times(std::string& out, const RequestRecord& record) {
  out.push_back('{');
  Members members(out);
  members.micros("firewall_input", record.firewall_input_time);
  members.micros("firewall_output", record.firewall_output_time);
  members.micros("queue", record.queue_time);
  members.micros("upstream", record.upstream_time);
  if (record.first_token_time) members.micros("first_token", *record.first_token_time);
  members.number("total",
                 std::chrono::duration_cast<std::chrono::microseconds>(record.total_time).count());
  out.push_back('}');
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::completed:
      return "completed";
    case Outcome::refused:
      return "refused";
    case Outcome::blocked:
      return "blocked";
    case Outcome::failed:
      return "failed";
    case Outcome::client_gone:
      return "client_gone";
  }
  return "unknown";
}

void append_members(std::string& out, const RequestRecord& record) {
  Members members(out);
  members.begin("id");  // always there: every line of the chain has one
  json::append_untrusted_string(out, record.request_id.substr(0, kMaxText));
  members.plain("kind", "request");
  members.time("time", record.started);
  members.text("tenant", record.tenant);
  members.text("key", record.key_id);
  members.text("user", record.user);
  members.text("client", record.client);
  members.count("folded", record.folded);
  members.text("api", record.api);
  members.text("operation", record.operation);
  members.flag("stream", record.stream);
  members.text("model", record.model_asked);
  members.text("prompt_hmac", record.prompt_hmac);
  members.text("served_model", record.model_served);
  members.text("upstream", record.upstream);
  members.text("provider", record.provider);
  members.count("attempts", record.attempts);
  members.text("policy", record.policy);
  members.text("policy_version", record.policy_version);
  members.text("policy_from", record.policy_from);
  members.text("second_opinion", record.second_opinion);
  if (!record.verdicts.empty()) {
    members.begin("verdicts");
    append_verdicts(out, record);
    if (record.verdicts.size() > kMaxVerdicts) {
      members.number("verdicts_dropped", record.verdicts.size() - kMaxVerdicts);
    }
  }
  members.begin("usage");
  append_usage(out, record);
  members.begin("us");
  append_times(out, record);
  members.plain("outcome", to_string(record.outcome));
  members.number("status", record.status);
  if (record.error != nullptr) {
    members.begin("error");
    out.push_back('{');
    Members error(out);
    error.text("code", record.error->code);
    error.plain("kind", to_string(record.error->kind));
    error.plain("layer", to_string(record.error->layer));
    error.text("param", record.error->param);
    error.text("reason", record.error->reason, kMaxReason);
    out.push_back('}');
  }
  members.text("trace_id", record.trace_id);
  if (record.trail != nullptr) {
    members.begin("trail");
    record.trail->append_json(out);
  }
}

void append_members(std::string& out, const ControlEvent& event, WallTime now,
                    std::string_view id) {
  Members members(out);
  members.begin("id");
  json::append_untrusted_string(out, id.substr(0, kMaxText));
  members.plain("kind", "control");
  members.time("time", now);
  members.text("action", event.action);
  members.text("actor", event.actor);
  members.text("tenant", event.tenant);
  members.text("target", event.target);
  members.text("detail", event.detail, kMaxReason);
  members.plain("outcome", event.ok ? "completed" : "failed");
}

}  // namespace gatehouse::settlement
