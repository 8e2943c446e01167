#pragma once

#include <string_view>

/// The rule files beside this header, compiled into the program by CMakeLists.txt, so that the
/// binary needs no folder of rules and cannot run with rules of another version.
namespace gatehouse::firewall::rules {

std::string_view lexicon();     // lexicon.txt
std::string_view spelling();    // spelling.txt
std::string_view signatures();  // signatures.yaml
std::string_view secrets();     // secrets.yaml
std::string_view refusals();    // refusals.yaml
std::string_view gazetteer();   // gazetteer.txt

/// signatures.yaml compiled by the build (tools/firewall/compile_signatures.cc): the patterns of
/// each direction, and what is looked for around their matches.
std::string_view input_database();
std::string_view output_database();
std::string_view around_database();
/// The same of refusals.yaml, whose rules are all of output.
std::string_view refusal_database();
std::string_view refusal_around_database();

}  // namespace gatehouse::firewall::rules
