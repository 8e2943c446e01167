#include "firewall/rules/embedded.h"

// What the build compiled from signatures.yaml and refusals.yaml; see embedded.cc for the way.
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

GATEHOUSE_EMBED("input", "signatures-input.hsdb");
GATEHOUSE_EMBED("output", "signatures-output.hsdb");
GATEHOUSE_EMBED("around", "signatures-around.hsdb");
GATEHOUSE_EMBED("refusal_output", "refusals-output.hsdb");
GATEHOUSE_EMBED("refusal_around", "refusals-around.hsdb");

namespace gatehouse::firewall::rules {

// Not in an anonymous namespace: they are defined, but not where the compiler looks.
extern const char input_begin[] __asm__("gatehouse_rules_input");
extern const char input_end[] __asm__("gatehouse_rules_input_end");
extern const char output_begin[] __asm__("gatehouse_rules_output");
extern const char output_end[] __asm__("gatehouse_rules_output_end");
extern const char around_begin[] __asm__("gatehouse_rules_around");
extern const char around_end[] __asm__("gatehouse_rules_around_end");
extern const char refusal_output_begin[] __asm__("gatehouse_rules_refusal_output");
extern const char refusal_output_end[] __asm__("gatehouse_rules_refusal_output_end");
extern const char refusal_around_begin[] __asm__("gatehouse_rules_refusal_around");
extern const char refusal_around_end[] __asm__("gatehouse_rules_refusal_around_end");

std::string_view input_database() {
  return {input_begin, static_cast<size_t>(input_end - input_begin)};
}
std::string_view output_database() {
  return {output_begin, static_cast<size_t>(output_end - output_begin)};
}
std::string_view around_database() {
  return {around_begin, static_cast<size_t>(around_end - around_begin)};
}
std::string_view refusal_database() {
  return {refusal_output_begin, static_cast<size_t>(refusal_output_end - refusal_output_begin)};
}
std::string_view refusal_around_database() {
  return {refusal_around_begin, static_cast<size_t>(refusal_around_end - refusal_around_begin)};
}

}  // namespace gatehouse::firewall::rules
