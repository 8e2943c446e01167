#include "firewall/rules/embedded.h"

// The files' bytes as they are: the assembler includes them, so no generator stands between a rule
// file and the program. CMakeLists.txt makes this source depend on the files.
#define GATEHOUSE_EMBED(symbol, file)           \
  __asm__(                                      \
      ".section .rodata\n"                      \
      ".balign 16\n"                            \
      "gatehouse_rules_" symbol                 \
      ":\n"                                     \
      ".incbin \"" GATEHOUSE_RULES_DIR "/" file \
      "\"\n"                                    \
      "gatehouse_rules_" symbol                 \
      "_end:\n"                                 \
      ".previous\n")

GATEHOUSE_EMBED("lexicon", "lexicon.txt");
GATEHOUSE_EMBED("spelling", "spelling.txt");
GATEHOUSE_EMBED("signatures", "signatures.yaml");
GATEHOUSE_EMBED("secrets", "secrets.yaml");
GATEHOUSE_EMBED("refusals", "refusals.yaml");
GATEHOUSE_EMBED("gazetteer", "gazetteer.txt");

namespace gatehouse::firewall::rules {

// Not in an anonymous namespace: to clang that would be a promise that this file defines them.
extern const char lexicon_begin[] __asm__("gatehouse_rules_lexicon");
extern const char lexicon_end[] __asm__("gatehouse_rules_lexicon_end");
extern const char spelling_begin[] __asm__("gatehouse_rules_spelling");
extern const char spelling_end[] __asm__("gatehouse_rules_spelling_end");
extern const char signatures_begin[] __asm__("gatehouse_rules_signatures");
extern const char signatures_end[] __asm__("gatehouse_rules_signatures_end");
extern const char secrets_begin[] __asm__("gatehouse_rules_secrets");
extern const char secrets_end[] __asm__("gatehouse_rules_secrets_end");
extern const char refusals_begin[] __asm__("gatehouse_rules_refusals");
extern const char refusals_end[] __asm__("gatehouse_rules_refusals_end");
extern const char gazetteer_begin[] __asm__("gatehouse_rules_gazetteer");
extern const char gazetteer_end[] __asm__("gatehouse_rules_gazetteer_end");

namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

std::string_view lexicon() {
  return between(lexicon_begin, lexicon_end);
}
std::string_view spelling() {
  return between(spelling_begin, spelling_end);
}
std::string_view signatures() {
  return between(signatures_begin, signatures_end);
}
std::string_view secrets() {
  return between(secrets_begin, secrets_end);
}
std::string_view refusals() {
  return between(refusals_begin, refusals_end);
}
std::string_view gazetteer() {
  return between(gazetteer_begin, gazetteer_end);
}

}  // namespace gatehouse::firewall::rules
