#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "firewall/types.h"

namespace gatehouse::firewall {

/// The parts of the firewall that can be switched, timed and required one by one.
enum class Detector : uint8_t {
  normaliser,    // canonical view, decoded children; evidence of obfuscation
  role_markers,  // chat-template markers inside content
  signatures,
  learned,
  pii,
  secrets,
  leak,       // output repeats the system prompt
  canary,     // output holds the planted token
  abuse,      // floods, many-shot texts, conversations that lead on, variants of what was blocked
  precise,    // a small transformer, asked where `learned` is unsure
  grounding,  // sentences of the output that the request's sources do not support
  runaway,    // output says the same again and again
  refusal,    // the model declined to answer
  form,       // output is not the JSON, or not of the schema, that its request asks for
};
inline constexpr size_t kDetectorCount = static_cast<size_t>(Detector::form) + 1;
std::string_view to_string(Detector detector);
std::optional<Detector> detector_from_string(std::string_view name);

/// A set of detectors; a plain value.
class DetectorSet {
 public:
  void add(Detector d) { bits_ |= 1U << static_cast<unsigned>(d); }
  void add(const DetectorSet& others) { bits_ |= others.bits_; }
  void remove(Detector d) { bits_ &= ~(1U << static_cast<unsigned>(d)); }
  bool has(Detector d) const { return ((bits_ >> static_cast<unsigned>(d)) & 1U) != 0; }
  bool empty() const { return bits_ == 0; }
  static DetectorSet all() {
    DetectorSet set;
    set.bits_ = (1U << kDetectorCount) - 1U;
    return set;
  }
  friend bool operator==(const DetectorSet&, const DetectorSet&) = default;

 private:
  uint32_t bits_ = 0;
};

/// `enforce` does what the policy says. `shadow` runs every detector and records what would have
/// been done, but changes and blocks nothing. `sample` is shadow for a share of the requests; the
/// others are not inspected.
enum class Mode : uint8_t { enforce, shadow, sample };
std::string_view to_string(Mode mode);
std::optional<Mode> mode_from_string(std::string_view name);

/// What to do about one category. An absent direction or source means all of them; an absent
/// action or threshold leaves what stood before. Rules apply in order over the built-in defaults,
/// so a later one wins.
struct RuleSpec {
  Category category = Category::injection;
  std::optional<Direction> direction;
  std::optional<Source> source;
  /// Only findings whose rule begins so: "pii.email", "secret.". Empty: all of the category.
  std::string rule_prefix;
  std::optional<Action> action;
  std::optional<float> threshold;  // 0 to 1; a finding below it is not acted on
};

/// What happens to a request when a detector cannot run or passes its time budget: `open` does
/// without it for the rest of the request and keeps what it found, `closed` refuses the request.
enum class OnFailure : uint8_t { open, closed };
std::string_view to_string(OnFailure on_failure);
std::optional<OnFailure> on_failure_from_string(std::string_view name);

/// How what tools and documents brought is set apart from what people say, where it is let through
/// ("spotlighting", Hines et al. 2024, arXiv:2403.14720): between marks that nobody can guess, with
/// a mark for each blank, or in base64. The system prompt says what it means.
enum class Spotlight : uint8_t { off, delimit, mark, encode };
std::string_view to_string(Spotlight spotlight);
std::optional<Spotlight> spotlight_from_string(std::string_view name);

/// The rule of findings that a document can't be read, or not all of it.
inline constexpr std::string_view kUnreadRule = "document.unread";

struct DetectorSpec {
  bool enabled = true;
  OnFailure on_failure = OnFailure::open;
  /// Its own time over all texts of one request, looked at before and after each of them; 0: no
  /// limit. Answers are not timed.
  std::chrono::microseconds budget{0};
};

/// Everything on. A request of many doubtful texts gets no more of the precise tier than this.
inline std::array<DetectorSpec, kDetectorCount> default_detectors() {
  std::array<DetectorSpec, kDetectorCount> detectors{};
  detectors[static_cast<size_t>(Detector::precise)].budget = std::chrono::milliseconds(100);
  return detectors;
}

/// A policy as a person writes it: what the configuration fills in. The defaults are the policy
/// that Gatehouse ships.
struct PolicySpec {
  std::string name = "default";
  std::string version = "1";
  Mode mode = Mode::enforce;
  std::vector<RuleSpec> rules;
  std::array<DetectorSpec, kDetectorCount> detectors = default_detectors();
  std::vector<Source> inspect = {Source::system,    Source::developer, Source::user,
                                 Source::tool,      Source::retrieved, Source::assistant,
                                 Source::definition};
  bool reversible_redaction = true;  // placeholders are turned back in what the caller is shown
  float sample_share = 0.05F;        // of requests, in mode `sample`
  Spotlight spotlight = Spotlight::off;
  std::string reroute_to;           // `reroute`: the model (alias) that gets the request
  uint32_t delay_ms = 2'000;        // `delay`: before it is sent
  uint32_t confirm_within_s = 600;  // `ask`: how long a confirmation holds
  bool canary = false;              // plant a token in the system prompt and watch for it
  bool neutralise_role_markers = true;
  Action unread_documents = Action::allow;  // that can't be read: allow, flag or block
  /// What would be redacted where nothing can be changed, in a PDF: flag or block.
  Action unredactable = Action::flag;
  size_t max_input_bytes = 4U << 20;   // all segments together; more is refused
  size_t max_hold_back_chars = 256;    // bytes of a stream, 128 at least
  uint32_t max_hold_back_ms = 10'000;  // that they wait for more of it; 0: as long as it takes
  size_t max_findings = 256;           // told of per verdict; all are acted on
};

/// A policy ready to be asked: immutable, shared between event loops.
class Policy {
 public:
  struct Rule {
    Action action = Action::allow;
    float threshold = 1;
  };

  /// Refuses what makes no sense; `param` is the path within the policy, "rules[2].threshold".
  static Result<std::shared_ptr<const Policy>> compile(const PolicySpec& spec);
  /// The shipped defaults.
  static std::shared_ptr<const Policy> default_policy();

  const Rule& rule(Category category, Direction direction, Source source) const {
    return rules_[index(category, direction, source)];
  }
  /// The rule for one finding: as above, unless one with a rule prefix speaks of it.
  Rule rule_for(const Finding& finding, Direction direction, Source source) const;
  /// Whether any rule for this direction and source could act, so that nothing is run in vain.
  bool acts_on(Category category, Direction direction, Source source) const;
  /// The same for one rule of the category: whether its findings could be acted on.
  bool acts_on(Category category, std::string_view rule, Direction direction, Source source) const;
  bool inspects(Source source) const { return inspects_[static_cast<size_t>(source)]; }
  const DetectorSpec& detector(Detector d) const { return spec_.detectors[static_cast<size_t>(d)]; }
  /// Whether it only records.
  bool shadow() const { return spec_.mode != Mode::enforce; }
  const PolicySpec& spec() const { return spec_; }
  const std::string& name() const { return spec_.name; }
  /// 16 hex digits over all that decides: two policies with the same hash decide alike. Goes into
  /// every audit record.
  const std::string& hash() const { return hash_; }

 private:
  explicit Policy(const PolicySpec& spec);
  static size_t index(Category c, Direction d, Source s) {
    return (static_cast<size_t>(c) * 2 + static_cast<size_t>(d)) * kSourceCount +
           static_cast<size_t>(s);
  }

  PolicySpec spec_;
  std::vector<RuleSpec> by_prefix_;
  std::array<Rule, kCategoryCount * 2 * kSourceCount> rules_{};
  std::array<bool, kSourceCount> inspects_{};
  std::string hash_;
};

}  // namespace gatehouse::firewall
