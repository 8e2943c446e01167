#include "firewall/learned/concepts.h"

#include "firewall/learned/features.h"
#include "firewall/text/normaliser.h"

// The file's bytes, included by the assembler; CMakeLists.txt names the folder.
__asm__(
    ".section .rodata\n"
    "gatehouse_concepts:\n"
    ".incbin \"" GATEHOUSE_CONCEPTS_FILE
    "\"\n"
    "gatehouse_concepts_end:\n"
    ".previous\n");

namespace gatehouse::firewall::learned {

extern const char concepts_begin[] __asm__("gatehouse_concepts");
extern const char concepts_end[] __asm__("gatehouse_concepts_end");

namespace {

constexpr size_t kSlots = 1U << 13U;  // at most a quarter full

uint64_t hash_of(std::string_view word) {
  uint64_t hash = 0;
  for (size_t at = 0; at < word.size();) {
    const auto c = static_cast<unsigned char>(word[at]);
    if (c < 128) {
      if (c != '\'') hash = roll(hash, detail::kAsciiFold.to[c]);
      ++at;
    } else {
      hash = roll(hash, detail::lower(detail::decode(word, at)));
    }
  }
  return hash;
}

}  // namespace

const Concepts& Concepts::standard() {
  static const Concepts concepts(
      std::string_view(concepts_begin, static_cast<size_t>(concepts_end - concepts_begin)));
  return concepts;
}

Concepts::Concepts(std::string_view lines) : slots_(kSlots), mask_(kSlots - 1) {
  Normalised view;  // words are compared with canonical text, so they are made canonical too
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const size_t colon = line.find(':');
    if (line.empty() || line[0] == '#' || colon == std::string_view::npos) continue;
    if (names_.size() == 255) return;
    names_.emplace_back(line.substr(0, colon));
    const auto id = static_cast<uint8_t>(names_.size());
    clean_text(line.substr(colon + 1), view);
    std::string_view words = view.canonical;
    while (!words.empty() && count_ < kSlots / 4) {
      const std::string_view word = words.substr(0, words.find(' '));
      words.remove_prefix(std::min(words.size(), word.size() + 1));
      if (word.empty()) continue;
      if (word.ends_with('*')) {
        insert(hash_of(word.substr(0, word.size() - 1)) ^ kPrefixMark, id);
      } else {
        insert(hash_of(word), id);
      }
    }
  }
}

void Concepts::insert(uint64_t hash, uint8_t concept_id) {
  if (find(hash) != kNone) return;  // the first mention stands
  size_t at = hash & mask_;
  while (slots_[at].concept_id != kNone) at = (at + 1) & mask_;
  slots_[at] = {hash, concept_id};
  ++count_;
}

}  // namespace gatehouse::firewall::learned
