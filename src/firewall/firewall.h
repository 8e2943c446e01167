#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/trail.h"
#include "firewall/policy/policy.h"
#include "firewall/precise/encoder.h"
#include "firewall/types.h"

namespace gatehouse::firewall {

class Vault;  // pii/: what was redacted, and under which placeholder

/// One piece of text of a request and who supplied it. `text` is UTF-8 (anything else is inspected
/// as if each bad byte were U+FFFD) and must live through the call.
struct Segment {
  Source source = Source::user;
  std::string_view text;
  uint32_t message = 0;  // where it stands in the request: messages[message] …
  uint32_t part = 0;     // … content part
  /// Perhaps JSON, as of a tool call's arguments or its result. If so, it is read with the escapes
  /// of its strings undone (findings have offsets in that text), and redacted it is JSON still.
  bool json = false;
  /// Where it stands if that is no message's content: "tools[2]". Lives as long as `text`.
  std::string_view path = {};
  /// It comes from a file in which nothing can be changed: the policy's `unredactable` says what
  /// is done where something would have to be.
  bool fixed = false;
  /// How it is kept from a reader's eyes ("hidden:white"), static: the evidence of what is found.
  std::string_view hidden = {};
  /// Why (a part of) the document that it comes from can't be read ("encrypted"), static: a finding
  /// of its own, document.unread. `text` is not inspected then, only what may be confirmed.
  std::string_view unread = {};
};

/// How long an inspection may take: `fast` stays within microseconds and says in the verdict when
/// it would rather have asked the precise tier; `whole` asks it, which takes milliseconds, so that
/// it belongs on a worker thread; `alone` decides without it and notes that it was skipped.
enum class Effort : uint8_t { fast, whole, alone };

/// Who sent a request. What is empty is not remembered.
struct Caller {
  std::string_view tenant;
  std::string_view principal;  // a key's id
};

/// A finding, where it is, and what the policy made of it.
struct Judged {
  Finding finding;
  uint32_t segment = 0;
  Action action = Action::allow;  // what the rule says, shadow mode or not
  float threshold = 1;
};

/// A segment's text with what had to go taken out, to be sent on in place of the original.
struct Replacement {
  uint32_t segment = 0;
  std::string text;
};

/// What time went into. Figures overlap with nothing: the sum is the time of the inspection.
enum class Stage : uint8_t {
  normalise,
  signatures,
  learned,
  pii,
  secrets,
  leak,
  redact,
  abuse,
  precise,
};
inline constexpr size_t kStageCount = static_cast<size_t>(Stage::precise) + 1;
std::string_view to_string(Stage stage);
using StageTimes = std::array<std::chrono::nanoseconds, kStageCount>;

/// What both directions tell. Holds no content, only rule names, offsets and numbers.
struct Verdict {
  /// What is to be done. In shadow mode never more than `flag`.
  Action action = Action::allow;
  /// What enforcing would have done; the same as `action` unless the policy is in shadow mode.
  Action unshadowed = Action::allow;
  /// All that its findings call for: a text may be redacted and its request sent elsewhere. Empty
  /// in shadow mode.
  ActionSet called_for;
  /// The first `max_findings` of the policy, and each later one that calls for more than those
  /// before it. Redaction knows no such limit.
  std::vector<Judged> findings;
  size_t findings_dropped = 0;
  /// The highest score of each category, reached threshold or not; 0: nothing was found.
  std::array<float, kCategoryCount> scores{};
  /// Index in `findings` of the one that decided.
  std::optional<size_t> decisive;
  StageTimes spent{};
  DetectorSet ran;  // those that truly ran on at least one segment
  /// Wanted by the policy, but absent or out of time; also what fails closed and ran too long.
  DetectorSet skipped;
  /// Set when a detector that fails closed was skipped: the request must not go on.
  std::optional<Detector> cannot_run;

  bool blocks() const { return action == Action::block || cannot_run.has_value(); }
  std::chrono::nanoseconds total() const;
  /// "injection 0.97 >= 0.80 by learned/user@v1, rule INJ-012 at messages[1] bytes 10-52". Empty
  /// when nothing decided.
  std::string describe(std::span<const Segment> segments = {}) const;
  /// The error for the caller when `blocks()`: kind `blocked`, or `unavailable` if a mandatory
  /// detector could not run. Names category and position, never text.
  Refusal refusal(std::span<const Segment> segments = {}) const;
  /// One note per acted-on finding and one for what was skipped.
  void note(DecisionTrail& trail, const Policy& policy,
            std::span<const Segment> segments = {}) const;
  void note_skipped(DecisionTrail& trail) const;
};

/// What the inspection of a clean text came to.
struct CleanOutcome {
  std::array<float, kCategoryCount> scores{};
  float injection_score = 0;
  DetectorSet ran;
};
/// A text that was found clean, by its hash (clean_memory.h).
struct CleanText {
  std::array<uint64_t, 2> hash{};
  CleanOutcome outcome;
};

struct InputVerdict : Verdict {
  std::vector<Replacement> replacements;  // ordered by segment; empty in shadow mode
  /// The highest attack score (injection, jailbreak, extraction) over all segments, 0 to 1.
  float injection_score = 0;
  /// The fast tier is unsure: nothing but a whole inspection decides. Never set by one.
  bool unsure = false;
  /// Of a whole inspection: the texts that it found clean, for `Firewall::remember`.
  std::vector<CleanText> clean;
  bool shadow_would_block() const { return unshadowed == Action::block && action != Action::block; }
};

/// What its request asks of the answer: JSON, of `schema` (JSON Schema as text; empty: any).
struct ExpectedForm {
  std::string_view tool;  // whose arguments are meant; empty: the content of each choice
  std::string_view schema;
};

/// What the output is compared with. The views must outlive the guard.
struct OutputContext {
  std::string_view system_prompt;  // system and developer text of the request, joined
  std::string_view canary;         // empty: none was planted
  /// Tool results and documents of the request, which the answer should rest on.
  std::span<const std::string_view> sources;
  const Vault* vault = nullptr;  // null: nothing was redacted in the input, or for good
  std::span<const ExpectedForm> forms;
};

/// Which of an answer's texts a chunk belongs to.
struct StreamId {
  uint32_t choice = 0;
  int32_t tool_call = -1;  // index of the tool call whose arguments these are; -1: the content
  bool json = false;       // arguments as JSON; else what is fed is taken as it stands
  friend bool operator==(const StreamId&, const StreamId&) = default;
};

/// Inspects one answer, streamed or whole. Keeps one window per stream, shows what is safe and
/// holds back what may still become something forbidden. Belongs to one request; not thread-safe.
class OutputGuard {
 public:
  struct Step {
    std::string text;      // to be shown now, placeholders turned back; may be empty
    bool blocked = false;  // show `text`, then end this answer with `verdict().refusal()`
    size_t held = 0;       // bytes of the stream's text that wait, but for begun placeholders
  };
  virtual ~OutputGuard() = default;
  /// What is restored into JSON is escaped.
  virtual Step feed(StreamId stream, std::string_view text) = 0;
  /// The stream ended or comes to a border: gives all that was held back, or blocks. More may be
  /// fed.
  virtual Step finish(StreamId stream) = 0;
  /// What the stream holds has waited long enough: it is judged as it stands, and given unless that
  /// is forbidden. The text goes on, and is matched together with what came before.
  virtual Step pause(StreamId stream) = 0;
  /// A text that is no part of a stream and comes at once. Placeholders in it stay as they are, so
  /// that it comes back unchanged unless something in it was forbidden.
  virtual Step whole(std::string_view text) = 0;
  /// The stream, of which nothing came yet unless it is told again, will be the arguments of a call
  /// of this tool.
  virtual void calls(StreamId stream, std::string_view tool) = 0;
  /// The provider says that the model declined. Returns whether the answer must end.
  virtual bool declined(uint32_t choice) = 0;
  /// All of a choice came, and its model ended it: nothing cut it off. Judges what can't be judged
  /// before. Returns whether the answer must end.
  virtual bool complete(uint32_t choice) = 0;
  /// Everything found so far. Segments in it are numbered by order of first appearance of a stream.
  virtual const Verdict& verdict() const = 0;
  /// Longest hold-back so far, in bytes; for metrics.
  virtual size_t held_back() const = 0;
};

/// The AI firewall: normalise, detect, decide, on input and output. Immutable after loading;
/// thread-safe, scratch memory is per thread. Linear time in the size of the input.
class Firewall {
 public:
  virtual ~Firewall() = default;

  /// Compiles the rules and loads the learned model from `models` ("models/firewall" of the
  /// repository or beside the binary). A missing or damaged model is a refusal: a firewall that
  /// silently runs without it would be a lie.
  /// `encoder` is the precise tier's transformer; without one there is no such tier.
  static Result<std::unique_ptr<Firewall>> load(const std::filesystem::path& models,
                                                std::unique_ptr<precise::Encoder> encoder = {});

  /// Judges the texts of one request. With a `vault`, redactions in the verdict are placeholders
  /// that the vault can turn back; without one they are final. `segments` may be empty.
  InputVerdict inspect_input(const Policy& policy, std::span<const Segment> segments,
                             Vault* vault) const {
    return inspect_input(policy, segments, vault, Caller{}, Effort::whole);
  }
  /// The same with what is known of the caller: texts of the tenant that were found clean before
  /// are not inspected again (clean_memory.h), and variants of what the principal had blocked a
  /// moment ago are blocked on a weaker suspicion (abuse/callers.h).
  /// A fast inspection that ends unsure has changed nothing: neither the vault nor what is
  /// remembered of the caller.
  virtual InputVerdict inspect_input(const Policy& policy, std::span<const Segment> segments,
                                     Vault* vault, const Caller& caller, Effort effort) const = 0;

  /// What is clean is remembered by the thread that inspects. This gives it to the calling thread:
  /// the next fast inspection there knows what a worker found.
  virtual void remember(const InputVerdict& verdict) const = 0;

  /// A guard for one answer. The policy is kept alive by the guard.
  virtual std::unique_ptr<OutputGuard> guard_output(std::shared_ptr<const Policy> policy,
                                                    const OutputContext& context) const = 0;

  /// Roughly how long `inspect_input` takes for so many bytes. Above a few hundred microseconds it
  /// should run on the worker pool instead of an event loop; it is safe to do so.
  static std::chrono::nanoseconds cost_estimate(size_t bytes);

  /// Detectors that are loaded; what a policy wants beyond them is reported as skipped.
  virtual DetectorSet available() const = 0;
  /// "2 3f9c0a11, names 1 0b5e77d2": version and content hash of the learned models, for audit and
  /// `version`.
  virtual std::string_view model_version() const = 0;
};

}  // namespace gatehouse::firewall
