#include "firewall/rules/embedded.h"

// What the build compiled from signatures.yaml; see embedded.cc for the way.
#define GATEHOUSE_EMBED(symbol, file)              \
  __asm__(                                         \
      ".section .rodata\n"                         \
      ".balign 64\n"                               \
      "gatehouse_rules_" symbol                    \
      ":\n"                                        \
      ".incbin \"" GATEHOUSE_DATABASE_DIR "/" file \
      "\"\n"                                       \
      "gatehouse_rules_" symbol                    \
      "_end:\n"                                    \
      ".previous\n")

GATEHOUSE_EMBED("patterns", "patterns.hsdb");
GATEHOUSE_EMBED("exceptions", "exceptions.hsdb");

namespace gatehouse::firewall::rules {

// Not in an anonymous namespace: to clang that would be a promise that this file defines them.
extern const char patterns_begin[] __asm__("gatehouse_rules_patterns");
extern const char patterns_end[] __asm__("gatehouse_rules_patterns_end");
extern const char exceptions_begin[] __asm__("gatehouse_rules_exceptions");
extern const char exceptions_end[] __asm__("gatehouse_rules_exceptions_end");

std::string_view signature_database() {
  return {patterns_begin, static_cast<size_t>(patterns_end - patterns_begin)};
}
std::string_view exception_database() {
  return {exceptions_begin, static_cast<size_t>(exceptions_end - exceptions_begin)};
}

}  // namespace gatehouse::firewall::rules
