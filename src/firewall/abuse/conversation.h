#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/firewall.h"

namespace gatehouse::firewall {

/// A turn of the conversation that a request carries: who speaks, and how much the learned detector
/// took it for an attack.
struct Turn {
  Source source = Source::user;
  uint32_t segment = 0;
  float attack = 0;
  bool refusal = false;  // of an assistant
  uint64_t hash = 0;     // SimHash of it with tricks undone, 0 where nobody asked
  uint64_t gist = 0;     // the same of the sentence that is most like an attack
};

struct TurnFinding {
  Finding finding;
  uint32_t segment = 0;
};

/// A last user's turn that is less of an attack than this gives no finding, whatever came before.
inline constexpr float kLeastSuspicion = 0.10F;

/// What no turn shows by itself: a user who leads the model on step by step, each a little further
/// (Crescendo; Russinovich et al. 2024), or who asks on after refusal upon refusal. Stateless: a
/// request carries its conversation. Returns what it finds about the last user's turn.
std::vector<TurnFinding> judge_conversation(std::span<const Turn> turns);

/// The last texts of one source as one, in order: what a model reads together.
struct JoinedTurns {
  std::string text;   // empty where there is but one, the last is long, or none is suspicious
  float attack = 0;   // the most that any of them is alone
  uint32_t last = 0;  // segment
};
JoinedTurns join_last(std::span<const Turn> turns, std::span<const Segment> segments,
                      Source source);

}  // namespace gatehouse::firewall
