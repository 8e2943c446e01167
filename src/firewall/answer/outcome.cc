#include "firewall/answer/outcome.h"

#include <algorithm>

namespace gatehouse::firewall {
namespace {

constexpr int32_t kContent = StreamId{}.tool_call;
constexpr std::string_view kProviderRule = "refusal.provider";

bool contains(const std::vector<uint32_t>& choices, uint32_t choice) {
  return std::find(choices.begin(), choices.end(), choice) != choices.end();
}

}  // namespace

Outcome::Outcome(const Policy& policy, DetectorSet runs, Judge& judge)
    : policy_(policy), runs_(runs), judge_(judge) {
  if (!runs_.has(Detector::refusal) || policy_.shadow()) return;
  const auto rules = SignatureSet::refusals().rules();
  holds_beginning_ = std::any_of(rules.begin(), rules.end(), [&](const SignatureRule& rule) {
    Finding finding;
    finding.category = Category::refusal;
    finding.rule = rule.id;
    return policy_.rule_for(finding, Direction::output, Source::assistant).action == Action::block;
  });
}

bool Outcome::expect(std::span<const ExpectedForm> forms) {
  bool all = true;
  for (const ExpectedForm& expected : forms) {
    forms_.emplace_back(expected.tool, Form::of(expected.schema));
    all = all && forms_.back().second->complete();
  }
  return all;
}

void Outcome::watch(Watched& stream, StreamId id, uint32_t segment) const {
  stream.id = id;
  stream.segment = segment;
  if (id.tool_call < kContent) return;  // thoughts, and what is a refusal already
  if (runs_.has(Detector::runaway)) stream.repetition.emplace();
  if (id.tool_call != kContent) return;
  if (runs_.has(Detector::refusal)) stream.beginning.emplace();
  calls(stream, {});
}

void Outcome::calls(Watched& stream, std::string_view tool) const {
  const auto at = std::find_if(forms_.begin(), forms_.end(),
                               [tool](const auto& form) { return form.first == tool; });
  if (at != forms_.end()) stream.form = at->second;
}

std::string_view Outcome::feed(Watched& stream, std::string_view text, bool last) {
  // One byte more than is judged tells that there was more.
  if (stream.form && stream.said.size() <= Form::kMaxBytes) {
    stream.said.append(text.substr(0, Form::kMaxBytes + 1 - stream.said.size()));
  }
  if (stream.repetition && !stream.told_repetition) {
    judge_repetition(stream, stream.repetition->feed(text));
  }
  if (!stream.beginning || stream.judged) return text;
  const size_t added = stream.beginning->add(text);
  const bool enough = stream.beginning->full() || last;
  if (!enough && holds_beginning_) return {};
  if (enough) judge_beginning(stream);
  stream.judged = stream.beginning->full();
  if (!holds_beginning_) {
    stream.waits_from = stream.beginning->text().size();
    return text;
  }
  let_go(stream);
  stream.going_on.append(text.substr(added));
  return stream.going_on;
}

std::string_view Outcome::pause(Watched& stream) {
  if (!holds_beginning_ || stream.waits() == 0) return {};
  judge_beginning(stream);
  let_go(stream);
  return stream.going_on;
}

void Outcome::let_go(Watched& stream) {
  stream.going_on.assign(stream.beginning->text(), stream.waits_from);
  stream.waits_from = stream.beginning->text().size();
}

void Outcome::judge_repetition(Watched& stream, const Repetition::Found& found) {
  if (found.score < 0.1F) return;
  Finding finding;
  finding.category = Category::runaway;
  finding.rule = found.rule;
  finding.begin = static_cast<uint32_t>(found.begin);
  finding.end = static_cast<uint32_t>(found.end);
  finding.score = found.score;
  finding.evidence = "repetition";
  const Policy::Rule rule = policy_.rule_for(finding, Direction::output, Source::assistant);
  if (found.score < rule.threshold) return;
  stream.told_repetition = true;
  judge_(finding, Source::assistant, stream.segment);
  judge_.settle();
}

void Outcome::judge_beginning(Watched& stream) {
  if (contains(declined_, stream.id.choice)) return;
  const Finding finding = stream.beginning->judge();
  if (finding.score <= 0) return;
  declined_.push_back(stream.id.choice);
  judge_(finding, Source::assistant, stream.segment);
  judge_.settle();
}

void Outcome::declined(uint32_t choice, uint32_t segment) {
  if (contains(declined_, choice)) return;
  declined_.push_back(choice);
  if (!runs_.has(Detector::refusal)) return;
  Finding finding;
  finding.category = Category::refusal;
  finding.rule = kProviderRule;
  finding.score = 1;
  finding.evidence = "provider";
  judge_(finding, Source::assistant, segment);
  judge_.settle();
}

bool Outcome::complete(uint32_t choice, Watched* stream) {
  if (stream == nullptr) {
    const bool expected = std::any_of(forms_.begin(), forms_.end(),
                                      [](const auto& form) { return form.first.empty(); });
    if (expected && !contains(declined_, choice)) tell_form(nullptr, "form.json", "empty");
    return true;
  }
  if (!stream->form || contains(declined_, choice)) return true;
  const std::shared_ptr<const Form> form = std::exchange(stream->form, nullptr);
  if (stream->said.empty() && stream->id.tool_call > kContent) stream->said = "{}";
  switch (form->check(stream->said)) {
    case Form::Fit::not_json:
      tell_form(stream, "form.json", "not-json");
      return true;
    case Form::Fit::not_schema:
      tell_form(stream, "form.schema", "schema");
      return true;
    case Form::Fit::fits:
      return true;
    case Form::Fit::unsure:
      return false;
  }
  return true;
}

void Outcome::tell_form(const Watched* stream, std::string_view rule, std::string_view evidence) {
  Finding finding;
  finding.category = Category::malformed;
  finding.rule = rule;
  finding.score = 1;
  finding.evidence = evidence;
  if (stream != nullptr) finding.end = static_cast<uint32_t>(stream->said.size());
  judge_(finding, Source::assistant, stream == nullptr ? 0 : stream->segment);
  judge_.settle();
}

}  // namespace gatehouse::firewall
