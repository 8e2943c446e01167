#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace gatehouse::firewall {

/// What a finding is about. The names (`to_string`) are what policies, audit records and metrics
/// use.
enum class Category : uint8_t {
  injection,           // the text tries to replace the instructions given to the model
  jailbreak,           // the text tries to talk the model out of its rules
  indirect_injection,  // an injection that stands in a tool result or a document
  prompt_extraction,   // the text asks for the system prompt or for a secret it guards
  pii,
  secret,
  system_prompt_leak,  // output repeats the system prompt
  canary,              // output holds the token planted in the system prompt
  obfuscation,         // the text hides what it says
  exfiltration,        // links, images or markup that carry data to another host
  role_marker,         // chat-template markers inside content
  unsafe_url,
  code_execution,
  ungrounded,  // output states what the sources of its request do not
  harmful,     // harmful in any of the ways below, where the kind is not known
  hate,
  harassment,
  self_harm,
  sexual,
  violence,
  illicit,
  denial_of_wallet,  // token floods, repetition bombs
  runaway,           // output says the same again and again
  refusal,           // the model declined to answer
  malformed,         // output has not the form that its request asks for
  policy,            // a rule of the tenant's own
};
inline constexpr size_t kCategoryCount = static_cast<size_t>(Category::policy) + 1;
std::string_view to_string(Category category);
std::optional<Category> category_from_string(std::string_view name);
/// Whether it is about a text that tries to take over the model.
bool is_attack(Category category);

/// Who supplied a text. Decides thresholds: what is an order from `developer` is an attack when it
/// stands in `retrieved`.
/// `definition` is what describes a tool or the form of an answer: its maker speaks to the model,
/// in imperatives, and need not be the application.
enum class Source : uint8_t { system, developer, user, assistant, tool, retrieved, definition };
inline constexpr size_t kSourceCount = static_cast<size_t>(Source::definition) + 1;
std::string_view to_string(Source source);
std::optional<Source> source_from_string(std::string_view name);

/// Whether a text goes to the model or comes from it.
enum class Direction : uint8_t { input, output };
std::string_view to_string(Direction direction);
std::optional<Direction> direction_from_string(std::string_view name);

/// What a policy does about a category, ordered by severity, so that the action for a text is the
/// maximum over its findings. The values leave room and are not stored: records keep the name.
enum class Action : uint8_t {
  allow = 0,
  flag = 10,
  delay = 20,
  reroute = 30,
  rewrite = 40,
  redact = 50,
  ask = 60,
  block = 100,
};
std::string_view to_string(Action action);
std::optional<Action> action_from_string(std::string_view name);

/// A set of actions; a plain value.
class ActionSet {
 public:
  void add(Action action) { bits_ |= bit(action); }
  bool has(Action action) const { return (bits_ & bit(action)) != 0; }

 private:
  static uint32_t bit(Action action) { return 1U << (static_cast<unsigned>(action) / 10U); }
  uint32_t bits_ = 0;
};

/// One thing found in a text.
struct Finding {
  Category category = Category::injection;
  /// "pii.card", "secret.github.pat", "sig.ignore-previous". Static, or owned by the compiled rule
  /// set, which outlives every finding made from it.
  std::string_view rule;
  /// Byte offsets, end exclusive, in the ORIGINAL text, whatever view the rule matched in.
  uint32_t begin = 0;
  uint32_t end = 0;
  /// 0 to 1: how sure the detector is.
  float score = 0;
  /// How the text was found, static: "checksum", "format", "context", "signature",
  /// "decoded:base64", "learned", "hidden:tag". Empty when there is nothing to add.
  std::string_view evidence;

  friend bool operator==(const Finding&, const Finding&) = default;
};

/// Findings of one text. Reused between requests, so that the common path does not allocate.
using Findings = std::vector<Finding>;

/// Sorts by begin and drops findings of the same category that lie within a stronger one (longer,
/// or as long with a higher score), so that every byte is redacted once.
void settle_overlaps(Findings& findings);

}  // namespace gatehouse::firewall
