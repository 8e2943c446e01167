// Runs within the build: compiles a file of rules to Vectorscan databases, which the program then
// holds ready; empty files where there are no rules. A rule that cannot be compiled fails the
// build, by its name.
//   compile_signatures RULES.yaml OUTPUT_PREFIX
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "firewall/signatures/rule.h"
#include "firewall/signatures/vectorscan.h"

namespace {

using namespace gatehouse;

bool write(const std::string& file, std::span<const firewall::Expression> expressions) {
  std::ofstream out(file, std::ios::binary);
  if (expressions.empty()) return out.good();
  const auto database = firewall::compile_database(expressions);
  if (!database) {
    std::fprintf(stderr, "%s\n", database.error().message.c_str());
    return false;
  }
  const std::string bytes = firewall::serialize(database->get());
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return !bytes.empty() && out.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream in(argv[1]);
  const std::string yaml{std::istreambuf_iterator<char>(in), {}};
  const auto rules = firewall::parse_signature_rules(yaml);
  if (!rules) {
    std::fprintf(stderr, "%s\n", rules.error().message.c_str());
    return 1;
  }
  const std::string prefix = argv[2];
  using firewall::Direction;
  const bool done =
      write(prefix + "-input.hsdb", firewall::pattern_expressions(*rules, Direction::input)) &&
      write(prefix + "-output.hsdb", firewall::pattern_expressions(*rules, Direction::output)) &&
      write(prefix + "-around.hsdb", firewall::around_expressions(*rules));
  return done ? 0 : 1;
}
