#include "firewall/types.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::firewall {
namespace {

constexpr std::array<std::string_view, kCategoryCount> kCategoryNames = {"injection",
                                                                         "jailbreak",
                                                                         "indirect_injection",
                                                                         "prompt_extraction",
                                                                         "pii",
                                                                         "secret",
                                                                         "system_prompt_leak",
                                                                         "canary",
                                                                         "obfuscation",
                                                                         "exfiltration",
                                                                         "role_marker",
                                                                         "unsafe_url",
                                                                         "code_execution",
                                                                         "ungrounded",
                                                                         "harmful",
                                                                         "hate",
                                                                         "harassment",
                                                                         "self_harm",
                                                                         "sexual",
                                                                         "violence",
                                                                         "illicit",
                                                                         "denial_of_wallet",
                                                                         "runaway",
                                                                         "refusal",
                                                                         "malformed",
                                                                         "policy"};

constexpr std::array<std::string_view, kSourceCount> kSourceNames = {
    "system", "developer", "user", "assistant", "tool", "retrieved", "definition"};

constexpr std::array<std::pair<Action, std::string_view>, 8> kActionNames = {{
    {Action::allow, "allow"},
    {Action::flag, "flag"},
    {Action::delay, "delay"},
    {Action::reroute, "reroute"},
    {Action::rewrite, "rewrite"},
    {Action::redact, "redact"},
    {Action::ask, "ask"},
    {Action::block, "block"},
}};

template <typename Enum, size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Enum>(at - names.begin());
}

}  // namespace

std::string_view to_string(Category category) {
  return kCategoryNames[static_cast<size_t>(category)];
}

std::optional<Category> category_from_string(std::string_view name) {
  return find_name<Category>(kCategoryNames, name);
}

bool is_attack(Category category) {
  return category == Category::injection || category == Category::jailbreak ||
         category == Category::indirect_injection || category == Category::prompt_extraction;
}

std::string_view to_string(Source source) {
  return kSourceNames[static_cast<size_t>(source)];
}

std::optional<Source> source_from_string(std::string_view name) {
  return find_name<Source>(kSourceNames, name);
}

std::string_view to_string(Direction direction) {
  return direction == Direction::input ? "input" : "output";
}

std::optional<Direction> direction_from_string(std::string_view name) {
  if (name == "input") return Direction::input;
  if (name == "output") return Direction::output;
  return std::nullopt;
}

std::string_view to_string(Action action) {
  for (const auto& [value, name] : kActionNames) {
    if (value == action) return name;
  }
  return "allow";
}

std::optional<Action> action_from_string(std::string_view name) {
  for (const auto& [value, known] : kActionNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

void settle_overlaps(Findings& findings) {
  // Wider first at the same begin, so that one pass sees the covering finding before the covered.
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    if (a.end != b.end) return a.end > b.end;
    if (a.score != b.score) return a.score > b.score;
    return a.rule < b.rule;
  });
  std::array<uint32_t, kCategoryCount> covered_to{};
  std::array<bool, kCategoryCount> seen{};
  std::erase_if(findings, [&](const Finding& finding) {
    const auto slot = static_cast<size_t>(finding.category);
    if (seen[slot] && finding.end <= covered_to[slot]) return true;
    seen[slot] = true;
    covered_to[slot] = std::max(covered_to[slot], finding.end);
    return false;
  });
}

}  // namespace gatehouse::firewall
