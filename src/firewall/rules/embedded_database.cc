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
GATEHOUSE_EMBED("exceptions", "signatures-exceptions.hsdb");
GATEHOUSE_EMBED("refusal_output", "refusals-output.hsdb");
GATEHOUSE_EMBED("refusal_exceptions", "refusals-exceptions.hsdb");

namespace gatehouse::firewall::rules {

// Not in an anonymous namespace: they are defined, but not where the compiler looks.
extern const char input_begin[] __asm__("gatehouse_rules_input");
extern const char input_end[] __asm__("gatehouse_rules_input_end");
extern const char output_begin[] __asm__("gatehouse_rules_output");
extern const char output_end[] __asm__("gatehouse_rules_output_end");
extern const char exceptions_begin[] __asm__("gatehouse_rules_exceptions");
extern const char exceptions_end[] __asm__("gatehouse_rules_exceptions_end");
extern const char refusal_output_begin[] __asm__("gatehouse_rules_refusal_output");
extern const char refusal_output_end[] __asm__("gatehouse_rules_refusal_output_end");
extern const char refusal_exceptions_begin[] __asm__("gatehouse_rules_refusal_exceptions");
extern const char refusal_exceptions_end[] __asm__("gatehouse_rules_refusal_exceptions_end");

std::string_view input_database() {
  return {input_begin, static_cast<size_t>(input_end - input_begin)};
}
std::string_view output_database() {
  return {output_begin, static_cast<size_t>(output_end - output_begin)};
}
std::string_view exception_database() {
  return {exceptions_begin, static_cast<size_t>(exceptions_end - exceptions_begin)};
}
std::string_view refusal_database() {
  return {refusal_output_begin, static_cast<size_t>(refusal_output_end - refusal_output_begin)};
}
std::string_view refusal_exception_database() {
  return {refusal_exceptions_begin,
          static_cast<size_t>(refusal_exceptions_end - refusal_exceptions_begin)};
}

}  // namespace gatehouse::firewall::rules
