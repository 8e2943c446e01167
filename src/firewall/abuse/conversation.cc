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

}  // namespace gatehouse::firewall
