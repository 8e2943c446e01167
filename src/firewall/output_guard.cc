#include "firewall/output_guard.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "firewall/answer/outcome.h"
#include "firewall/grounding/sources.h"
#include "firewall/leak/canary.h"
#include "firewall/leak/prompt_leak.h"
#include "firewall/learned/model.h"
#include "firewall/pii/restorer.h"
#include "firewall/pii/vault.h"
#include "firewall/stream/stream_window.h"

namespace gatehouse::firewall {
namespace {

/// More streams than any answer has; beyond, the answer is blocked.
constexpr size_t kMaxStreams = 4096;
/// The learned detector looks at an answer each time so much has come, and at its end.
constexpr size_t kLearnedStep = 4096;
constexpr int32_t kContent = StreamId{}.tool_call;  // calls are above

/// What the learned detector asks of an answer.
struct Question {
  Category category;
  learned::Head head;
  float learned::TextScore::*score;
};
constexpr std::array kQuestions = {
    Question{Category::harmful, learned::Head::harmful, &learned::TextScore::harmful},
    Question{Category::hate, learned::Head::hate, &learned::TextScore::hate}};

class WindowedGuard final : public OutputGuard {
 public:
  WindowedGuard(const Parts& parts, std::shared_ptr<const Policy> policy,
                const OutputContext& context)
      : parts_(parts),
        policy_(std::move(policy)),
        vault_(context.vault),
        judge_(*policy_, Direction::output, verdict_) {
    rules_.pii =
        start(Detector::pii, policy_->acts_on(Category::pii, Direction::output, Source::assistant));
    rules_.tags = wanted_tags(*policy_, Direction::output, Source::assistant);
    if (rules_.pii && rules_.tags) rules_.tagger = parts_.tagger.get();
    rules_.secrets = start(Detector::secrets, policy_->acts_on(Category::secret, Direction::output,
                                                               Source::assistant));
    rules_.signatures = start(Detector::signatures, true);
    if (start(Detector::leak, !context.system_prompt.empty() &&
                                  policy_->acts_on(Category::system_prompt_leak, Direction::output,
                                                   Source::assistant))) {
      leak_ = PromptLeak::of(context.system_prompt);
      if (!leak_->empty()) rules_.leak = leak_.get();
    }
    if (start(Detector::canary, !context.canary.empty())) {
      canary_.emplace(context.canary);
      rules_.canary = &*canary_;
    }
    start_grounding(context.sources);
    start_learned();
    start_outcome(context.forms);
    rules_.max_hold = policy_->spec().max_hold_back_chars;
    rules_.decide = [this](const Finding& finding) { return decide(finding); };
    judge_.settle();
  }

  Step feed(StreamId id, std::string_view text) override {
    if (verdict_.blocks()) return {{}, true};
    Stream* stream = find(id);
    if (stream == nullptr) return {{}, true};
    current_ = stream->segment;
    text = looked_at(*stream, text, false);
    if (verdict_.blocks()) return {{}, true};
    const StageTimer timer(verdict_.spent, Stage::leak);
    return show(*stream, stream->window.feed(text), false);
  }

  Step finish(StreamId id) override {
    if (verdict_.blocks()) return {{}, true};
    Stream* stream = find(id);
    if (stream == nullptr) return {{}, true};
    current_ = stream->segment;
    const std::string_view text = looked_at(*stream, {}, true);
    if (verdict_.blocks()) return {{}, true};
    return show_rest(*stream, text, true);
  }

  Step pause(StreamId id) override {
    if (verdict_.blocks()) return {{}, true};
    Stream* stream = find(id);
    if (stream == nullptr) return {{}, true};
    current_ = stream->segment;
    const std::string_view beginning = outcome_->pause(stream->watched);
    if (verdict_.blocks()) return {{}, true};
    Step step;
    if (!beginning.empty()) {
      const std::string_view text = learned(*stream, beginning, false);
      if (verdict_.blocks()) return {{}, true};
      step = show(*stream, stream->window.feed(text), false);
    }
    if (step.blocked) return step;
    const std::string_view text = unjudged(*stream);
    if (verdict_.blocks()) return {{}, true};
    Step rest = show_rest(*stream, text, false);
    rest.text.insert(0, step.text);
    return rest;
  }

  Step whole(std::string_view text) override {
    if (verdict_.blocks()) return {{}, true};
    Stream stream({}, static_cast<uint32_t>(streams_.size()), rules_for(false));
    current_ = stream.segment;
    learned(stream, text, true);
    if (verdict_.blocks()) return {{}, true};
    return show_rest(stream, text, true);
  }

  void calls(StreamId id, std::string_view tool) override {
    if (!outcome_->expects_form()) return;
    if (Stream* stream = find(id)) outcome_->calls(stream->watched, tool);
  }

  bool declined(uint32_t choice) override {
    outcome_->declined(choice, static_cast<uint32_t>(streams_.size()));
    return verdict_.blocks();
  }

  bool complete(uint32_t choice) override {
    if (!outcome_->expects_form()) return verdict_.blocks();
    const auto of_choice = [choice](const auto& stream) { return stream->id.choice == choice; };
    const bool calls = std::any_of(streams_.begin(), streams_.end(), [&](const auto& stream) {
      return of_choice(stream) && stream->id.tool_call > kContent;
    });
    bool content = calls;  // beside calls there need be none
    bool judged = true;
    for (const auto& stream : streams_) {
      if (!of_choice(stream) || (calls && stream->id.tool_call <= kContent)) continue;
      content = content || stream->id.tool_call == kContent;
      judged = outcome_->complete(choice, &stream->watched) && judged;
    }
    if (!content) outcome_->complete(choice, nullptr);
    if (!judged) skip(Detector::form);
    judge_.settle();
    return verdict_.blocks();
  }

  const Verdict& verdict() const override { return verdict_; }

  size_t held_back() const override {
    size_t longest = 0;
    for (const auto& stream : streams_) {
      longest = std::max({longest, stream->window.longest_hold(), stream->longest_unjudged});
    }
    return longest;
  }

 private:
  struct Stream {
    Stream(StreamId stream_id, uint32_t number, const OutputRules& rules)
        : id(stream_id), segment(number), window(rules) {}
    StreamId id;
    uint32_t segment;
    StreamWindow window;
    Outcome::Watched watched;
    std::optional<Restorer> restorer;
    /// What the learned detector judges together, and where that stands in the answer.
    std::string unseen;
    size_t unseen_at = 0;
    size_t judged = 0;  // bytes of `unseen` that were judged and went on
    std::string going_on;
    size_t longest_unjudged = 0;
  };

  bool start(Detector detector, bool wanted) {
    const DetectorSpec& spec = policy_->detector(detector);
    if (!wanted || !spec.enabled) return false;
    if (parts_.available.has(detector)) {
      verdict_.ran.add(detector);
      return true;
    }
    skip(detector);
    return false;
  }

  void skip(Detector detector) {
    verdict_.skipped.add(detector);
    const bool closed = policy_->detector(detector).on_failure == OnFailure::closed;
    if (closed && !verdict_.cannot_run) verdict_.cannot_run = detector;
  }

  void start_learned() {
    bool wanted = false, blocks = false;
    for (const Question& question : kQuestions) {
      Finding finding;
      finding.category = question.category;
      finding.rule = learned::rule_name(question.head);
      wanted = wanted || policy_->acts_on(question.category, Direction::output, Source::assistant);
      blocks = blocks || policy_->rule_for(finding, Direction::output, Source::assistant).action ==
                             Action::block;
    }
    harm_ = start(Detector::learned, wanted);
    holds_harm_ = harm_ && blocks && !policy_->shadow();
  }

  void start_grounding(std::span<const std::string_view> texts) {
    const bool wanted = !texts.empty() && policy_->acts_on(Category::ungrounded, Direction::output,
                                                           Source::assistant);
    if (wanted && policy_->detector(Detector::grounding).enabled && !Sources::fit(texts)) {
      return skip(Detector::grounding);
    }
    if (!start(Detector::grounding, wanted)) return;
    sources_.emplace(texts);
    if (sources_->empty()) return;
    rules_.sources = &*sources_;
    const Policy::Rule& rule =
        policy_->rule(Category::ungrounded, Direction::output, Source::assistant);
    rules_.hold_sentences = rule.action >= Action::redact && !policy_->shadow();
  }

  void start_outcome(std::span<const ExpectedForm> forms) {
    const auto acts = [this](Category category) {
      return policy_->acts_on(category, Direction::output, Source::assistant);
    };
    DetectorSet runs;
    if (start(Detector::runaway, acts(Category::runaway))) runs.add(Detector::runaway);
    if (start(Detector::refusal, acts(Category::refusal))) runs.add(Detector::refusal);
    outcome_.emplace(*policy_, runs, judge_);
    const bool form = start(Detector::form, !forms.empty() && acts(Category::malformed));
    if (form && !outcome_->expect(forms)) skip(Detector::form);
  }

  Stream* find(StreamId id) {
    for (const auto& stream : streams_) {
      if (stream->id == id) return stream.get();
    }
    if (streams_.size() == kMaxStreams) {
      Finding finding;
      finding.category = Category::denial_of_wallet;
      finding.rule = "limit.streams";
      finding.score = 1;
      verdict_.findings.push_back({finding, 0, Action::block, 1});
      verdict_.decisive = verdict_.findings.size() - 1;
      verdict_.action = verdict_.unshadowed = Action::block;
      return nullptr;
    }
    const bool content = id.tool_call == kContent;
    OutputRules rules = rules_for(content);
    rules.json = id.json;
    auto stream = std::make_unique<Stream>(id, static_cast<uint32_t>(streams_.size()), rules);
    if (vault_ != nullptr && !vault_->empty()) {
      stream->restorer.emplace(*vault_, id.json ? Restorer::Form::json : Restorer::Form::text);
    }
    outcome_->watch(stream->watched, id, stream->segment);
    streams_.push_back(std::move(stream));
    return streams_.back().get();
  }

  OutputRules rules_for(bool content) const {
    OutputRules rules = rules_;
    if (!content) rules.sources = nullptr;  // arguments, thoughts and refusals state nothing
    return rules;
  }

  /// The policy's word, recorded; in shadow mode the window is told to let everything through.
  Action decide(const Finding& finding) {
    const Action action = judge_(finding, Source::assistant, current_);
    return policy_->shadow() ? Action::allow : action;
  }

  Step show(Stream& stream, const StreamWindow::Release& release, bool last) {
    judge_.settle();
    Step step;
    // Blocked by the window, what comes before the forbidden is shown.
    step.blocked = release.blocked || verdict_.blocks();
    if (step.blocked && !release.blocked) return step;
    step.held = stream.window.held_back() + stream.watched.waits() +
                (holds_harm_ ? stream.unseen.size() - stream.judged : 0);
    if (stream.restorer) {
      stream.restorer->feed(release.text, step.text);
      if (last || step.blocked) stream.restorer->finish(step.text);
    } else {
      step.text = release.text;
    }
    return step;
  }

  /// `text` and what the window holds: the last of the stream, or it pauses.
  Step show_rest(Stream& stream, std::string_view text, bool last) {
    const StageTimer timer(verdict_.spent, Stage::leak);
    Step step;
    if (!text.empty()) step = show(stream, stream.window.feed(text), false);
    if (step.blocked) return step;
    Step rest = show(stream, last ? stream.window.finish() : stream.window.pause(), last);
    rest.text.insert(0, step.text);
    return rest;
  }

  /// What of `text`, and of what waited before, may go on to the window.
  std::string_view looked_at(Stream& stream, std::string_view text, bool last) {
    text = outcome_->feed(stream.watched, text, last);
    return verdict_.blocks() ? std::string_view() : learned(stream, text, last);
  }

  /// Judges what has come, now and then, and gives what may go on. That is all of
  /// it, unless a rule blocks: then the sentence under way waits for its end, or until it is longer
  /// than what may be held, and nothing goes on unjudged.
  std::string_view learned(Stream& stream, std::string_view text, bool last) {
    if (!harm_) return text;
    const StageTimer timer(verdict_.spent, Stage::learned);
    const size_t before = stream.unseen.size();
    stream.unseen.append(text);
    if (!holds_harm_) {
      if (last || stream.unseen.size() >= kLearnedStep) judge(stream, stream.unseen.size(), last);
      return text;
    }
    const size_t end = last ? stream.unseen.size() : end_of_sentences(stream, before);
    stream.longest_unjudged = std::max(stream.longest_unjudged, stream.unseen.size() - end);
    stream.going_on.assign(stream.unseen, stream.judged, end - stream.judged);
    if (end > stream.judged || last) judge(stream, end, last);
    return stream.going_on;
  }

  /// Judges the sentence under way as far as it has come, and gives it.
  std::string_view unjudged(Stream& stream) {
    if (!holds_harm_ || stream.judged == stream.unseen.size()) return {};
    const StageTimer timer(verdict_.spent, Stage::learned);
    stream.going_on.assign(stream.unseen, stream.judged);
    judge(stream, stream.unseen.size(), false);
    return stream.going_on;
  }

  /// Where the last sentence that has ended ends, with the blank behind it, for which the window
  /// would wait; what came before byte `fresh` was searched.
  size_t end_of_sentences(const Stream& stream, size_t fresh) const {
    const std::string_view text = stream.unseen;
    for (size_t at = text.size(); at-- > std::max(fresh, stream.judged + 1);) {
      if (ends_sentence(text.substr(stream.judged, at - stream.judged), text[at])) return at + 1;
    }
    if (text.size() - stream.judged <= rules_.max_hold) return stream.judged;
    const size_t blank = text.find_last_of(" \t\n");
    return blank != text.npos && blank >= stream.judged ? blank + 1 : text.size();
  }

  /// The words up to `end` together, with what went on of them before. Until they are all that is
  /// judged together, they only count if they block: the same would be told again and again.
  void judge(Stream& stream, size_t end, bool last) {
    if (end == 0) return;
    const bool all = last || end >= kLearnedStep;
    thread_local Normalised view;
    clean_text(std::string_view(stream.unseen).substr(0, end), view);
    const learned::TextScore score = parts_.model->score(view.canonical, Source::assistant);
    for (const Question& question : kQuestions) {
      Finding finding;
      finding.category = question.category;
      finding.rule = learned::rule_name(question.head);
      finding.score = score.*question.score;
      finding.begin = static_cast<uint32_t>(stream.unseen_at);
      finding.end = static_cast<uint32_t>(stream.unseen_at + end);
      finding.evidence = "learned";
      const Policy::Rule rule = policy_->rule_for(finding, Direction::output, Source::assistant);
      const bool blocks = rule.action == Action::block && finding.score >= rule.threshold;
      if (all || blocks) judge_(finding, Source::assistant, stream.segment);
    }
    judge_.settle();
    stream.judged = end;
    if (!all) return;
    stream.unseen_at += end;
    stream.unseen.erase(0, end);
    stream.judged = 0;
  }

  const Parts& parts_;
  const std::shared_ptr<const Policy> policy_;
  const Vault* const vault_;
  Verdict verdict_;
  Judge judge_;
  OutputRules rules_;
  std::shared_ptr<const PromptLeak> leak_;
  std::optional<CanaryMatcher> canary_;
  std::optional<Sources> sources_;
  std::optional<Outcome> outcome_;  // made once it is known what runs
  std::vector<std::unique_ptr<Stream>> streams_;
  uint32_t current_ = 0;  // segment that the window under way belongs to
  bool harm_ = false;
  bool holds_harm_ = false;  // a rule blocks what the learned detector finds
};

}  // namespace

std::unique_ptr<OutputGuard> make_output_guard(const Parts& parts,
                                               std::shared_ptr<const Policy> policy,
                                               const OutputContext& context) {
  return std::make_unique<WindowedGuard>(parts, std::move(policy), context);
}

}  // namespace gatehouse::firewall
