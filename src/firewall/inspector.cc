#include "firewall/inspector.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "firewall/inspector_scratch.h"
#include "firewall/pii/pii_detector.h"
#include "firewall/pii/redact.h"
#include "firewall/pii/vault.h"
#include "firewall/role_markers.h"
#include "firewall/text/json_view.h"

namespace gatehouse::firewall {
namespace {

/// Fullwidth letters, digits for letters, soft hyphens: everybody sees them, and honest text has
/// them. Below the default's threshold; a policy that minds them sets a lower one.
constexpr float kMostDisguised = 0.4F;

bool is_json(std::string_view text, json::Parser& parser) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return false;
  const char first = text[begin];
  return (first == '{' || first == '[' || first == '"') && parser.parse_copy(text);
}

}  // namespace

Inspector::Scratch& Inspector::thread_scratch() {
  thread_local Scratch scratch;
  return scratch;
}

Inspector::Inspector(const Parts& parts, const Policy& policy, std::span<const Segment> segments,
                     Vault* vault, const Caller& caller, Effort effort)
    : parts_(parts),
      policy_(policy),
      given_(segments),
      segments_(segments),
      vault_(vault),
      caller_(caller),
      effort_(effort),
      scratch_(thread_scratch()),
      judge_(policy, Direction::input, verdict_, &scratch_.edits) {}

bool Inspector::start(Detector detector) {
  if (!policy_.detector(detector).enabled) return false;
  if (parts_.available.has(detector) && !late(detector)) {
    verdict_.ran.add(detector);
    return true;
  }
  skip(detector);
  return false;
}

void Inspector::skip(Detector detector) {
  verdict_.skipped.add(detector);
  const bool closed = policy_.detector(detector).on_failure == OnFailure::closed;
  if (closed && !verdict_.cannot_run) verdict_.cannot_run = detector;
}

bool Inspector::late(Detector detector) const {
  const auto budget = policy_.detector(detector).budget;
  return budget.count() > 0 && used_[static_cast<size_t>(detector)] > budget;
}

void Inspector::spend(Detector detector, Stage stage, std::chrono::nanoseconds took) {
  verdict_.spent[static_cast<size_t>(stage)] += took;
  used_[static_cast<size_t>(detector)] += took;
  // What came too late is kept where the policy lets a request pass without it: it is true.
  const bool closed = policy_.detector(detector).on_failure == OnFailure::closed;
  if (closed && late(detector)) skip(detector);
}

void Inspector::judge(const Finding& finding, uint32_t index) {
  const Segment& segment = segments_[index];
  if (segment.hidden.empty()) {
    judge_(finding, segment.source, index, segment.fixed);
  } else {
    Finding hidden = finding;
    hidden.evidence = segment.hidden;
    judge_(hidden, segment.source, index, segment.fixed);
  }
}

void Inspector::unread(uint32_t index) {
  const Segment& segment = segments_[index];
  if (!policy_.inspects(segment.source)) return;
  Finding finding;
  finding.category = Category::policy;
  finding.rule = kUnreadRule;
  finding.evidence = segment.unread;
  finding.score = 1;
  judge_(finding, segment.source, index, segment.fixed);
}

InputVerdict Inspector::run() {
  size_t total = 0;
  scratch_.turns.clear();
  scratch_.edits.clear();
  read_json();
  for (uint32_t i = 0; i < segments_.size(); ++i) {
    if (!segments_[i].unread.empty()) {
      unread(i);
      continue;
    }
    total += segments_[i].text.size();
    if (total > policy_.spec().max_input_bytes) {
      Finding finding;
      finding.category = Category::denial_of_wallet;
      finding.rule = "limit.input-bytes";
      finding.score = 1;
      judge(finding, i);
      verdict_.unshadowed = Action::block;
      break;
    }
    if (policy_.inspects(segments_[i].source)) inspect_unless_known(i);
    if (verdict_.unsure) return std::move(verdict_);
  }
  abuse();
  if (verdict_.unsure) return std::move(verdict_);
  judge_.settle();
  if (!policy_.shadow() && !verdict_.blocks()) rewrite();
  return std::move(verdict_);
}

void Inspector::read_json() {
  scratch_.views.clear();
  const auto is_escaped = [this](const Segment& segment) {
    return segment.json && segment.text.find('\\') != std::string_view::npos &&
           is_json(segment.text, scratch_.parser);
  };
  for (size_t i = 0; i < given_.size(); ++i) {
    if (!is_escaped(given_[i])) continue;
    if (segments_.data() == given_.data()) {
      scratch_.read.assign(given_.begin(), given_.end());
      segments_ = scratch_.read;
    }
    std::string& view = scratch_.views.emplace_back();
    JsonView reader(nullptr);
    reader.feed(given_[i].text, view);
    reader.finish(view);
    scratch_.read[i].text = view;
  }
}

void Inspector::inspect_unless_known(uint32_t index) {
  const Segment& segment = segments_[index];
  const bool remembers = !caller_.tenant.empty() && segment.text.size() >= CleanMemory::kShortest;
  CleanMemory& memory = scratch_.clean;
  CleanMemory::Key key;
  if (remembers) {
    key = memory.key(caller_.tenant, policy_, parts_.version, segment.source, segment.text);
    if (const CleanMemory::Outcome* known = memory.find(key)) {
      scratch_.turns.push_back({segment.source, index, known->injection_score});
      tell_clean(key, *known);
      add(*known);
      return;
    }
  }
  // What this text alone came to is told from a verdict that starts anew.
  const CleanMemory::Outcome before{verdict_.scores, verdict_.injection_score, verdict_.ran};
  const size_t findings = verdict_.findings.size() + verdict_.findings_dropped;
  verdict_.scores = {};
  verdict_.injection_score = 0;
  verdict_.ran = {};
  inspect(index);
  if (verdict_.unsure) return;
  const bool clean =
      verdict_.findings.size() + verdict_.findings_dropped == findings && verdict_.skipped.empty();
  if (remembers && clean) {
    const CleanMemory::Outcome outcome{verdict_.scores, verdict_.injection_score, verdict_.ran};
    memory.remember(key, outcome);
    tell_clean(key, outcome);
  }
  Turn turn{segment.source, index, verdict_.injection_score};
  if (may_be_variant(turn)) hash(turn);
  scratch_.turns.push_back(turn);
  add(before);
}

/// A whole inspection may run on another thread than the fast ones that come after it.
void Inspector::tell_clean(const CleanMemory::Key& key, const CleanMemory::Outcome& outcome) {
  if (effort_ != Effort::whole) return;
  verdict_.clean.push_back({key.hash, outcome});
}

void Inspector::remember(const InputVerdict& verdict) {
  CleanMemory& memory = thread_scratch().clean;
  for (const CleanText& text : verdict.clean) memory.remember({text.hash}, text.outcome);
}

void Inspector::add(const CleanMemory::Outcome& outcome) {
  for (size_t i = 0; i < kCategoryCount; ++i) {
    verdict_.scores[i] = std::max(verdict_.scores[i], outcome.scores[i]);
  }
  verdict_.injection_score = std::max(verdict_.injection_score, outcome.injection_score);
  verdict_.ran.add(outcome.ran);
}

void Inspector::normalise_text(std::string_view text) {
  if (start(Detector::normaliser)) {
    const Timed timed(*this, Detector::normaliser, Stage::normalise);
    normalise(text, scratch_.text);
  } else {
    const StageTimer timer(verdict_.spent, Stage::normalise);
    clean_text(text, scratch_.text);
  }
}

void Inspector::inspect(uint32_t index) {
  gist_ = {};
  normalise_text(segments_[index].text);
  obfuscation(index);
  role_markers(index);
  signatures(index);
  learned(index);
  pii(index);
  secrets(index);
  shape(index);
}

void Inspector::judge_all(uint32_t index) {
  for (const Finding& finding : scratch_.findings) {
    judge(finding, index);
    if (is_attack(finding.category)) {
      verdict_.injection_score = std::max(verdict_.injection_score, finding.score);
    }
  }
}

void Inspector::obfuscation(uint32_t index) {
  const size_t size = segments_[index].text.size();
  Finding finding;
  finding.category = Category::obfuscation;
  finding.rule = "normaliser.unseen";
  finding.end = static_cast<uint32_t>(size);
  finding.score = scratch_.text.evidence.score(size);
  if (!scratch_.text.evidence.unseen()) {
    finding.rule = "normaliser.disguise";
    finding.score = std::min(finding.score, kMostDisguised);
  }
  if (finding.score > 0) judge(finding, index);
}

void Inspector::role_markers(uint32_t index) {
  const Segment& segment = segments_[index];
  if (!policy_.spec().neutralise_role_markers ||
      !policy_.acts_on(Category::role_marker, Direction::input, segment.source)) {
    return;
  }
  if (!start(Detector::role_markers)) return;
  const Timed timed(*this, Detector::role_markers, Stage::normalise);
  const RoleMarker marker = find_role_marker(segment.text);
  if (marker.begin == std::string_view::npos) return;
  Finding finding;
  finding.category = Category::role_marker;
  finding.rule = "marker.chat-template";
  finding.begin = static_cast<uint32_t>(marker.begin);
  finding.end = static_cast<uint32_t>(marker.end);
  finding.score = 1;
  judge(finding, index);
}

void Inspector::signatures(uint32_t index) {
  if (!start(Detector::signatures)) return;
  const Timed timed(*this, Detector::signatures, Stage::signatures);
  scratch_.findings.clear();
  parts_.signatures->scan(scratch_.text, segments_[index].source, Direction::input,
                          scratch_.findings);
  judge_all(index);
}

void Inspector::pii(uint32_t index) {
  if (!policy_.acts_on(Category::pii, Direction::input, segments_[index].source)) return;
  if (!start(Detector::pii)) return;
  const Timed timed(*this, Detector::pii, Stage::pii);
  scratch_.findings.clear();
  PiiDetector::scan(scratch_.text, scratch_.findings);
  parts_.tagger->scan(scratch_.text,
                      wanted_tags(policy_, Direction::input, segments_[index].source),
                      scratch_.findings);
  judge_all(index);
}

void Inspector::secrets(uint32_t index) {
  if (!policy_.acts_on(Category::secret, Direction::input, segments_[index].source)) return;
  if (!start(Detector::secrets)) return;
  const Timed timed(*this, Detector::secrets, Stage::secrets);
  scratch_.findings.clear();
  parts_.secrets->scan(scratch_.text, scratch_.findings);
  judge_all(index);
}

void Inspector::rewrite() {
  if (policy_.shadow() || scratch_.edits.empty()) return;
  const StageTimer timer(verdict_.spent, Stage::redact);
  if (vault_ != nullptr) {
    for (const Segment& segment : segments_) vault_->avoid(segment.text);
  }
  std::stable_sort(scratch_.edits.begin(), scratch_.edits.end(),
                   [](const Judged& a, const Judged& b) { return a.segment < b.segment; });
  for (auto edit = scratch_.edits.begin(); edit != scratch_.edits.end();) {
    const uint32_t i = edit->segment;
    scratch_.cut.clear();
    bool markers = false;
    for (; edit != scratch_.edits.end() && edit->segment == i; ++edit) {
      if (edit->finding.category == Category::role_marker) {
        markers = true;
      } else {
        scratch_.cut.push_back(edit->finding);
      }
    }
    const std::string_view given = given_[i].text;
    std::string text = given_[i].json && is_json(given, scratch_.parser)
                           ? redact_json(given, scratch_.cut, vault_)
                           : redact(given, scratch_.cut, vault_);
    if (markers) {
      size_t count = 0;
      text = neutralise_role_markers(text, count);
    }
    if (text != given) verdict_.replacements.push_back({i, std::move(text)});
  }
}

}  // namespace gatehouse::firewall
