#include "firewall/abuse/conversation.h"

#include <algorithm>

namespace gatehouse::firewall {
namespace {

// Not tuned: there are no conversations among the data. Harmless texts of the development part
// score below 0.1 but for a few; and by default what is found here is only noted.
constexpr size_t kSteps = 3;
constexpr float kStepUp = 0.02F;
constexpr float kSuspicious = 0.20F;
constexpr int kRefusals = 3;

// Turns that are all less of an attack than this are not read together.
constexpr float kWorthJoining = 0.05F;
constexpr size_t kMostJoined = 4;
constexpr size_t kLongestJoined = 2000;  // bytes

bool climbs(std::span<const Turn> users) {
  if (users.size() < kSteps) return false;
  const auto last = users.last(kSteps);
  for (size_t i = 1; i < last.size(); ++i) {
    if (last[i].attack < last[i - 1].attack + kStepUp) return false;
  }
  return last.back().attack >= kSuspicious;
}

}  // namespace

std::vector<TurnFinding> judge_conversation(std::span<const Turn> turns) {
  std::vector<Turn> users;
  int refusals = 0;
  for (const Turn& turn : turns) {
    if (turn.source == Source::user) users.push_back(turn);
    if (turn.source == Source::assistant && turn.refusal) ++refusals;
  }
  std::vector<TurnFinding> found;
  if (users.empty()) return found;
  const auto add = [&](std::string_view rule, float score) {
    Finding finding;
    finding.category = Category::jailbreak;
    finding.rule = rule;
    finding.score = std::min(score, 0.95F);
    finding.evidence = "conversation";
    found.push_back({finding, users.back().segment});
  };
  if (climbs(users)) add("abuse.crescendo", 0.4F + users.back().attack);
  if (refusals >= kRefusals && users.back().attack >= kLeastSuspicion) {
    add("abuse.persistence", 0.5F + 0.1F * static_cast<float>(refusals - kRefusals));
  }
  return found;
}

JoinedTurns join_last(std::span<const Turn> turns, std::span<const Segment> segments,
                      Source source) {
  JoinedTurns joined;
  size_t count = 0;
  size_t first = turns.size();
  size_t bytes = 0;
  for (size_t i = turns.size(); i > 0 && count < kMostJoined; --i) {
    const Turn& turn = turns[i - 1];
    if (turn.source != source) continue;
    bytes += segments[turn.segment].text.size() + 1;
    if (bytes > kLongestJoined) break;
    if (count++ == 0) joined.last = turn.segment;
    joined.attack = std::max(joined.attack, turn.attack);
    first = i - 1;
  }
  if (count < 2 || joined.attack < kWorthJoining) return joined;
  for (const Turn& turn : turns.subspan(first)) {
    if (turn.source != source) continue;
    if (!joined.text.empty()) joined.text.push_back(' ');
    joined.text.append(segments[turn.segment].text);
  }
  return joined;
}

}  // namespace gatehouse::firewall
