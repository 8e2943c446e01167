#include <algorithm>

#include "firewall/abuse/shape.h"
#include "firewall/inspector.h"
#include "firewall/inspector_scratch.h"

namespace gatehouse::firewall {
namespace {

// Fewer made-up turns are a pasted chat; papers on many-shot attacks begin to succeed beyond.
constexpr int kManyShots = 8;

bool comes_from_outside(Source source) {
  return source == Source::user || source == Source::tool || source == Source::retrieved;
}

}  // namespace

void Inspector::find(Finding finding, uint32_t index) {
  finding.end = static_cast<uint32_t>(segments_[index].text.size());
  judge_(finding, segments_[index].source, index);
}

/// What one text shows by its form alone.
void Inspector::shape(uint32_t index) {
  const Segment& segment = segments_[index];
  if (!comes_from_outside(segment.source) || !start(Detector::abuse, Stage::abuse)) return;
  const StageTimer timer(verdict_.spent, Stage::abuse);
  Finding finding;
  finding.evidence = "form";
  finding.score = repetition(segment.text);
  if (finding.score > 0) {
    finding.category = Category::denial_of_wallet;
    finding.rule = "abuse.repetition";
    find(finding, index);
  }
  if (const int turns = made_up_turns(segment.text); turns >= kManyShots) {
    finding.category = Category::jailbreak;
    finding.rule = "abuse.many-shot";
    finding.score = std::min(0.5F + 0.03F * static_cast<float>(turns - kManyShots), 0.95F);
    find(finding, index);
  }
}

/// What the texts of a request show together, and with what the caller sent before.
void Inspector::abuse() {
  if (!policy_.detector(Detector::abuse).enabled) return;
  const StageTimer timer(verdict_.spent, Stage::abuse);
  conversation();
  variants();
}

void Inspector::conversation() {
  std::vector<Turn>& turns = scratch_.turns;
  if (turns.size() < 3) return;
  const auto last = std::find_if(turns.rbegin(), turns.rend(),
                                 [](const Turn& turn) { return turn.source == Source::user; });
  // Nearly all conversations end here, before refusals are looked for in their texts.
  if (last == turns.rend() || last->attack < kLeastSuspicion) return;
  for (Turn& turn : turns) {
    if (turn.source == Source::assistant) {
      turn.refusal = looks_like_refusal(segments_[turn.segment].text);
    }
  }
  for (const TurnFinding& found : judge_conversation(turns)) find(found.finding, found.segment);
}

std::optional<float> Inspector::variant_threshold(const Turn& turn) const {
  if (caller_.principal.empty() || !policy_.detector(Detector::abuse).enabled ||
      !comes_from_outside(turn.source)) {
    return std::nullopt;
  }
  const Policy::Rule& rule = policy_.rule(Category::injection, Direction::input, turn.source);
  // Where the policy only looks on, memory must not do more.
  if (rule.action < Action::block || turn.attack < rule.threshold / 2) return std::nullopt;
  return rule.threshold;
}

void Inspector::hash(Turn& turn) {
  const StageTimer timer(verdict_.spent, Stage::abuse);
  const Normalised& text = scratch_.text;
  turn.hash = simhash(text.undone.empty() ? text.canonical : text.undone);
  turn.gist = gist_.empty() ? turn.hash : simhash(gist_);
}

void Inspector::variants() {
  VariantMemory& memory = *parts_.variants;
  const auto now = std::chrono::steady_clock::now();
  for (Turn& turn : scratch_.turns) {
    const std::optional<float> threshold = variant_threshold(turn);
    if (!threshold) continue;
    // A text that was found clean before was not looked at again.
    if (turn.hash == 0) turn.hash = turn.gist = simhash(segments_[turn.segment].text);
    if (turn.attack >= *threshold) {
      memory.blocked(caller_.principal, turn.hash, now);
      if (turn.gist != turn.hash) memory.blocked(caller_.principal, turn.gist, now);
    } else if (memory.knows(caller_.principal, now)) {
      const int alike = std::max(memory.alike(caller_.principal, turn.hash, now),
                                 memory.alike(caller_.principal, turn.gist, now));
      if (alike == 0) continue;
      Finding finding;
      finding.category = Category::injection;
      finding.rule = "abuse.variation";
      finding.evidence = "variant of a blocked text";
      finding.score = std::min(0.6F + 0.1F * static_cast<float>(alike), 0.95F);
      find(finding, turn.segment);
    }
  }
}

}  // namespace gatehouse::firewall
