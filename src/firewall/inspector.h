#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "firewall/abuse/callers.h"
#include "firewall/abuse/conversation.h"
#include "firewall/clean_memory.h"
#include "firewall/firewall.h"
#include "firewall/learned/model.h"
#include "firewall/precise/model.h"
#include "firewall/secrets/secret_detector.h"
#include "firewall/signatures/signature_set.h"
#include "firewall/tagger/tagger.h"
#include "firewall/text/normaliser.h"

namespace gatehouse::firewall {

/// What is shared by every inspection: loaded once and immutable, but for the memory.
struct Parts {
  std::unique_ptr<learned::Model> model;
  std::unique_ptr<tagger::Tagger> tagger;
  std::unique_ptr<precise::Model> precise;  // null: there is no such tier
  std::string version;                      // of the learned files
  const SignatureSet* signatures = nullptr;
  const SecretDetector* secrets = nullptr;
  DetectorSet available;
  std::unique_ptr<CallerMemory> callers = std::make_unique<CallerMemory>();
};

/// Which of the tagger's findings a policy acts on: the tagger runs for no others.
tagger::Wanted wanted_tags(const Policy& policy, Direction direction, Source source);

/// Asks the policy about findings and keeps what it says. Shared by input and output.
class Judge {
 public:
  /// `edits`, if there is one, gets all that is to be redacted or rewritten, also what is beyond
  /// the findings that a verdict keeps.
  Judge(const Policy& policy, Direction direction, Verdict& verdict,
        std::vector<Judged>* edits = nullptr)
      : policy_(policy), direction_(direction), verdict_(verdict), edits_(edits) {}

  /// The action for this finding; recorded unless it is `allow`, or there is no room and it decides
  /// nothing.
  /// `fixed`: as in Segment.
  Action operator()(const Finding& finding, Source source, uint32_t segment, bool fixed = false);
  /// Call once at the end of a text: what shadow mode makes of it all.
  void settle();

 private:
  const Policy& policy_;
  const Direction direction_;
  Verdict& verdict_;
  std::vector<Judged>* const edits_;
};

/// Adds the time from its making to its end to one stage.
class StageTimer {
 public:
  StageTimer(StageTimes& spent, Stage stage)
      : slot_(spent[static_cast<size_t>(stage)]), start_(std::chrono::steady_clock::now()) {}
  ~StageTimer() { slot_ += std::chrono::steady_clock::now() - start_; }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  std::chrono::nanoseconds& slot_;
  std::chrono::steady_clock::time_point start_;
};

/// Runs the detectors over the segments of one request. Lives for one inspection; its buffers
/// belong to the thread and are reused.
class Inspector {
 public:
  Inspector(const Parts& parts, const Policy& policy, std::span<const Segment> segments,
            Vault* vault, const Caller& caller, Effort effort);
  InputVerdict run();
  /// `Firewall::remember`.
  static void remember(const InputVerdict& verdict);

 private:
  struct Scratch;
  static Scratch& thread_scratch();

  /// Whether the policy wants the detector and it can run; notes it as run or as skipped.
  bool start(Detector detector);
  void skip(Detector detector);
  /// Whether the detector has used up what the policy gives it for one request.
  bool late(Detector detector) const;
  /// One run of a detector: its time goes to a stage, and against the detector's budget.
  class Timed;
  void spend(Detector detector, Stage stage, std::chrono::nanoseconds took);
  /// Asks the policy about a finding; what is to be taken out of a text is kept for `rewrite`.
  void judge(const Finding& finding, uint32_t index);
  /// That the document can't be read.
  void unread(uint32_t index);
  void normalise_text(std::string_view text);
  void inspect(uint32_t index);
  /// `inspect`, unless the tenant's text was clean before.
  void inspect_unless_known(uint32_t index);
  void add(const CleanMemory::Outcome& outcome);
  void tell_clean(const CleanMemory::Key& key, const CleanMemory::Outcome& outcome);
  void shape(uint32_t index);
  void abuse();
  void conversation();
  void split(Source source);
  void variants(CallerMemory::Time now);
  bool is_blocked(uint32_t segment) const;
  void probing(CallerMemory::Time now);
  void find(Finding finding, uint32_t index);
  void obfuscation(uint32_t index);
  void role_markers(uint32_t index);
  void signatures(uint32_t index);
  void pii(uint32_t index);
  void secrets(uint32_t index);
  void judge_all(uint32_t index);
  void learned(uint32_t index);
  /// The score that blocks a turn's text as an attack; nothing where it may not be blocked, or
  /// where nobody is remembered as its sender.
  std::optional<float> blocking_score(const Turn& turn) const;
  bool may_be_variant(const Turn& turn) const;
  /// Notes what a variant of the text just inspected is known by.
  void hash(Turn& turn);
  struct View {
    std::string_view text;
    const OffsetMap* map = nullptr;  // null: a child, which leads back as a whole
  };
  /// What the linear model makes of a text: of it as it reads, with tricks undone, and of what it
  /// hides.
  struct Reading {
    Finding finding;
    learned::TextScore strongest;
    View view;  // that of the strongest
    struct Sentence {
      learned::TextScore::Sentence found;  // in the original
      View view;                           // that it stands in
      std::string_view text;
      uint32_t count = 0;  // of the view's sentences
    };
    /// Of all views, the strongest first.
    std::array<Sentence, learned::TextScore::kSentences> sentences;
    learned::TextScore plain;

    void keep(const Sentence& sentence);
    const Sentence& sentence() const { return sentences.front(); }
  };
  Reading read_views(Source source);
  /// The same with the transformer's opinion. The verdict may be `unsure` afterwards.
  Reading read_text(Source source);
  /// What the transformer makes of the strongest window where the linear model is unsure, and of a
  /// sentence that it would not let pass alone.
  void second_opinion(Reading& reading, Source source);
  /// False where the transformer cannot run.
  bool ask_about_window(Reading& reading);
  struct Question {
    std::string_view text;
    precise::Among among;
    float attack = 0;  // what the linear model makes of it
  };
  /// The same about a sentence, or another reading of it: what makes the text no worse changes
  /// nothing.
  bool ask_about(const Question& question, Reading& reading, const Reading::Sentence& sentence,
                 Source source, std::string_view evidence);
  /// About those sentences that are worth it, while the text would still pass.
  bool ask_about_sentences(Reading& reading, Source source);
  bool passes(const Finding& finding, Source source) const;
  struct OtherReading {
    std::string text;
    precise::Among among;
    float attack = 0;  // what the linear model makes of it
  };
  /// What leaves doubt, read in the other way that is most like an attack; nothing where no way
  /// would interest the transformer.
  std::optional<OtherReading> read_again(const Reading& reading, Source source) const;
  /// Bytes of a view with the capital letters of the original's words.
  std::string with_capitals(const View& view, std::string_view text) const;
  /// Undoes the escapes in what is JSON.
  void read_json();
  /// Writes the replacements: once all is judged, since a request that is blocked needs none.
  void rewrite();
  void learned_harm(const learned::TextScore& score, uint32_t index);

  const Parts& parts_;
  const Policy& policy_;
  const std::span<const Segment> given_;
  std::span<const Segment> segments_;  // as they read
  Vault* const vault_;
  const Caller caller_;
  const Effort effort_;
  Scratch& scratch_;

  std::string_view gist_;  // of the text inspected last: the sentence that is most like an attack
  InputVerdict verdict_;
  Judge judge_;
  std::array<std::chrono::nanoseconds, kDetectorCount> used_{};
};

class Inspector::Timed {
 public:
  Timed(Inspector& inspector, Detector detector, Stage stage)
      : inspector_(inspector),
        detector_(detector),
        stage_(stage),
        start_(std::chrono::steady_clock::now()) {}
  ~Timed() { inspector_.spend(detector_, stage_, std::chrono::steady_clock::now() - start_); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  Inspector& inspector_;
  const Detector detector_;
  const Stage stage_;
  const std::chrono::steady_clock::time_point start_;
};

}  // namespace gatehouse::firewall
