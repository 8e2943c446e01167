#include "firewall/tagger/gazetteer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "firewall/rules/embedded.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall::tagger {
namespace {

constexpr uint32_t kEndingMark = 0x5BD1E995U;

constexpr std::array<std::pair<std::string_view, WordClass>, 13> kClassNames = {{
    {"first", kFirstName},
    {"last", kLastName},
    {"title", kTitle},
    {"cue", kCue},
    {"relation", kRelation},
    {"particle", kParticle},
    {"street", kStreet},
    {"unit", kUnit},
    {"place", kPlace},
    {"calendar", kCalendar},
    {"org", kOrganisation},
    {"brand", kBrand},
    {"nation", kNation},
}};

uint32_t hash_of(std::string_view word) {
  uint32_t hash = kWordSeed;
  for (const char c : word) hash = roll(hash, c);
  return hash;
}

// Calls `use` for each part of `text` between separators; empty parts are left out.
template <typename Use>
void for_each_part(std::string_view text, char separator, Use&& use) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (!part.empty()) use(part);
  }
}

}  // namespace

const Gazetteer& Gazetteer::standard() {
  static const Gazetteer gazetteer;
  return gazetteer;
}

Gazetteer::Gazetteer() : slots_(kSlots) {
  for_each_part(rules::gazetteer(), '\n', [this](std::string_view line) { insert_line(line); });
  for_each_part(rules::lexicon(), '\n',
                [this](std::string_view word) { insert(hash_of(word), kEnglish); });
}

void Gazetteer::insert_line(std::string_view line) {
  const std::string_view name = line.substr(0, line.find(':'));
  const auto known = std::find_if(kClassNames.begin(), kClassNames.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  if (known == kClassNames.end()) return;  // a comment
  for_each_part(line.substr(name.size() + 1), ' ', [&](std::string_view word) {
    if (word[0] == '*') {
      insert(hash_of(word.substr(1)) ^ kEndingMark, known->second);
    } else {
      insert(hash_of(word), known->second);
    }
  });
}

void Gazetteer::insert(uint32_t hash, uint16_t classes) {
  fingerprint_ = (fingerprint_ ^ hash ^ classes) * 0x85EBCA6BU;
  fingerprint_ ^= fingerprint_ >> 13U;
  size_t at = hash & kMask;
  while (slots_[at].classes != 0 && slots_[at].hash != hash) at = (at + 1) & kMask;
  if (slots_[at].classes == 0 && ++count_ > kSlots / 2) return;
  slots_[at].hash = hash;
  slots_[at].classes |= classes;
}

uint16_t Gazetteer::classes_of_ending(std::string_view word) const {
  uint16_t found = 0;
  for (size_t size = kShortestEnding; size <= kLongestEnding && size + 2 <= word.size(); ++size) {
    uint32_t hash = kWordSeed;
    for (const char c : word.substr(word.size() - size)) hash = roll(hash, ascii_lower(c));
    found |= classes(hash ^ kEndingMark);
  }
  return found;
}

}  // namespace gatehouse::firewall::tagger
