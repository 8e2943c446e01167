#include <algorithm>

#include "firewall/abuse/shape.h"
#include "firewall/inspector.h"
#include "firewall/inspector_scratch.h"
#include "firewall/logistic.h"

namespace gatehouse::firewall {
namespace {

// Fewer made-up turns are a pasted chat; papers on many-shot attacks begin to succeed beyond.
constexpr int kManyShots = 8;

// In logits: two questions that have nothing to do with each other read oddly. Chosen on pairs of
// harmless development texts, of which 0.3 % are blocked with it and 0.8 % without.
constexpr float kJoiningDoubt = 0.5F;

// Of the score that blocks, what is enough in a variant of a blocked text. 4 % of harmless
// development texts have so much.
constexpr float kVariantShare = 0.5F;
// The same in any text of who has half of his requests blocked, or all of them. 4 and 8 % of
// harmless texts have so much.
constexpr float kHalfBlockedShare = 0.5F;
constexpr float kLeastShare = 0.35F;
constexpr float kProbingScore = 0.7F;

float share_enough_for(float probing) {
  if (probing <= 0) return 1;
  return kHalfBlockedShare - (probing - 0.5F) * 2 * (kHalfBlockedShare - kLeastShare);
}

bool comes_from_outside(Source source) {
  return source == Source::user || source == Source::tool || source == Source::retrieved;
}

}  // namespace

void Inspector::find(Finding finding, uint32_t index) {
  finding.end = static_cast<uint32_t>(segments_[index].text.size());
  judge(finding, index);
}

/// What one text shows by its form alone.
void Inspector::shape(uint32_t index) {
  const Segment& segment = segments_[index];
  if (!comes_from_outside(segment.source) || !start(Detector::abuse)) return;
  const Timed timed(*this, Detector::abuse, Stage::abuse);
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
  if (late(Detector::abuse)) return skip(Detector::abuse);
  conversation();
  for (const Source source : {Source::user, Source::tool}) {
    split(source);
    if (verdict_.unsure) return;
  }
  const Timed timed(*this, Detector::abuse, Stage::abuse);
  const auto now = std::chrono::steady_clock::now();
  variants(now);
  probing(now);
}

void Inspector::conversation() {
  std::vector<Turn>& turns = scratch_.turns;
  if (turns.size() < 3) return;
  const auto last = std::find_if(turns.rbegin(), turns.rend(),
                                 [](const Turn& turn) { return turn.source == Source::user; });
  // Nearly all conversations end here, before refusals are looked for in their texts.
  if (last == turns.rend() || last->attack < kLeastSuspicion) return;
  const Timed timed(*this, Detector::abuse, Stage::abuse);
  for (Turn& turn : turns) {
    if (turn.source == Source::assistant) {
      turn.refusal = looks_like_refusal(segments_[turn.segment].text);
    }
  }
  for (const TurnFinding& found : judge_conversation(turns)) find(found.finding, found.segment);
}

/// An attack whose parts stand in several turns, or in several parts of one.
void Inspector::split(Source source) {
  const JoinedTurns joined = join_last(scratch_.turns, segments_, source);
  if (joined.text.empty()) return;
  const float blocking = policy_.rule(Category::injection, Direction::input, source).threshold;
  if (joined.attack >= blocking || !start(Detector::learned)) return;
  normalise_text(joined.text);
  Finding finding = read_text(source).finding;
  if (verdict_.unsure) return;
  finding.score = shifted(finding.score, -kJoiningDoubt);
  if (finding.score <= joined.attack) return;
  finding.rule = "abuse.split";
  finding.begin = 0;
  verdict_.injection_score = std::max(verdict_.injection_score, finding.score);
  find(finding, joined.last);
}

std::optional<float> Inspector::blocking_score(const Turn& turn) const {
  if (caller_.principal.empty() || !policy_.detector(Detector::abuse).enabled ||
      !comes_from_outside(turn.source)) {
    return std::nullopt;
  }
  const Policy::Rule& rule = policy_.rule(Category::injection, Direction::input, turn.source);
  // Where the policy only looks on, memory must not do more.
  if (rule.action < Action::block) return std::nullopt;
  return rule.threshold;
}

bool Inspector::may_be_variant(const Turn& turn) const {
  const std::optional<float> blocking = blocking_score(turn);
  return blocking && turn.attack >= *blocking * kVariantShare;
}

void Inspector::hash(Turn& turn) {
  const Timed timed(*this, Detector::abuse, Stage::abuse);
  const Normalised& text = scratch_.text;
  turn.hash = simhash(text.undone.empty() ? text.canonical : text.undone);
  turn.gist = gist_.empty() ? turn.hash : simhash(gist_);
}

/// As an attack. What the policy lets be, though it scores high, is nothing to remember.
bool Inspector::is_blocked(uint32_t segment) const {
  return std::any_of(verdict_.findings.begin(), verdict_.findings.end(), [&](const Judged& judged) {
    return judged.segment == segment && judged.action == Action::block &&
           is_attack(judged.finding.category);
  });
}

void Inspector::variants(CallerMemory::Time now) {
  CallerMemory& memory = *parts_.callers;
  for (Turn& turn : scratch_.turns) {
    if (!may_be_variant(turn)) continue;
    const float blocking = *blocking_score(turn);
    // A text that was found clean before was not looked at again.
    if (turn.hash == 0) turn.hash = turn.gist = simhash(segments_[turn.segment].text);
    if (is_blocked(turn.segment)) {
      memory.blocked(caller_.principal, turn.hash, now);
      if (turn.gist != turn.hash) memory.blocked(caller_.principal, turn.gist, now);
    } else if (turn.attack < blocking && memory.knows(caller_.principal, now)) {
      const int alike = std::max(memory.alike(caller_.principal, turn.hash, now),
                                 memory.alike(caller_.principal, turn.gist, now));
      if (alike == 0) continue;
      Finding finding;
      finding.category = Category::injection;
      finding.rule = "abuse.variation";
      finding.evidence = "variant of a blocked text";
      finding.score = std::max(std::min(0.6F + 0.1F * static_cast<float>(alike), 0.95F), blocking);
      find(finding, turn.segment);
    }
  }
}

void Inspector::probing(CallerMemory::Time now) {
  CallerMemory& memory = *parts_.callers;
  std::optional<float> enough;  // share of the blocking score; asked for where it matters
  bool remembered = false;
  for (const Turn& turn : scratch_.turns) {
    const std::optional<float> blocking = blocking_score(turn);
    if (!blocking) continue;
    remembered = true;
    if (turn.attack >= *blocking || turn.attack < *blocking * kLeastShare) continue;
    if (!enough) enough = share_enough_for(memory.probing(caller_.principal, now));
    if (turn.attack < *blocking * *enough) continue;
    Finding finding;
    finding.category = Category::injection;
    finding.rule = "abuse.probing";
    finding.evidence = "most requests of this caller were attacks";
    finding.score = std::max(kProbingScore, *blocking);
    find(finding, turn.segment);
  }
  if (!remembered) return;
  const bool blocked =
      std::any_of(verdict_.findings.begin(), verdict_.findings.end(), [](const Judged& judged) {
        return judged.action == Action::block && is_attack(judged.finding.category);
      });
  memory.inspected(caller_.principal, blocked, now);
}

}  // namespace gatehouse::firewall
