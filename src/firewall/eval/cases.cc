#include <utility>

#include "firewall/eval/eval.h"
#include "firewall/eval/lines.h"

namespace gatehouse::firewall::eval {
namespace {

Refusal bad_case(uint64_t line, std::string field, std::string why) {
  Refusal refusal = Refusal::invalid("line " + std::to_string(line) + "." + std::move(field),
                                     std::move(why), "invalid_policy_test");
  refusal.layer = Layer::firewall;
  return refusal;
}

Result<Case> read_case(const json::Element& object, const Row& row, uint64_t line) {
  if (!row.messages.empty()) {
    return refuse(bad_case(line, "messages", "A test holds one 'text', no conversation."));
  }
  Case read;
  read.text = row.text;
  read.name = string_at(object, "name");
  if (read.name.empty()) read.name = "line " + std::to_string(line);
  const std::string_view role = string_at(object, "role");
  if (!role.empty() && !row.speaker) {
    return refuse(bad_case(line, "role", "'" + std::string(role) + "' is no speaker."));
  }
  read.source = row.speaker.value_or(Source::user);
  const std::string_view direction = string_at(object, "direction");
  if (!direction.empty()) {
    const auto known = direction_from_string(direction);
    if (!known) return refuse(bad_case(line, "direction", "Expected 'input' or 'output'."));
    read.direction = *known;
  }
  const auto action = action_from_string(string_at(object, "expect"));
  if (!action) {
    return refuse(bad_case(line, "expect",
                           "Expected allow, flag, delay, reroute, rewrite, redact, ask or block."));
  }
  read.expected = *action;
  const std::string_view category = string_at(object, "category");
  if (!category.empty()) {
    read.category = category_from_string(category);
    if (!read.category) {
      return refuse(bad_case(line, "category",
                             "'" + std::string(category) + "' is no category of the firewall."));
    }
  }
  return read;
}

CaseResult run_output(const Firewall& firewall, const Policy& policy, const Case& tested) {
  // The guard keeps its policy alive; here the caller does, for longer than the guard lives.
  const std::shared_ptr<const Policy> borrowed(std::shared_ptr<const Policy>(), &policy);
  const auto guard = firewall.guard_output(borrowed, {});
  guard->feed({}, tested.text);
  guard->finish({});
  CaseResult result;
  result.action = guard->verdict().action;
  result.why = guard->verdict().describe();
  const auto decisive = guard->verdict().decisive;
  result.passed = result.action == tested.expected;
  if (tested.category && decisive) {
    result.passed =
        result.passed && guard->verdict().findings[*decisive].finding.category == *tested.category;
  }
  return result;
}

CaseResult run_input(const Firewall& firewall, const Policy& policy, const Case& tested) {
  const Segment segment{tested.source, tested.text, 0, 0};
  const InputVerdict verdict = firewall.inspect_input(policy, {&segment, 1}, nullptr);
  CaseResult result;
  result.action = verdict.action;
  result.why = verdict.describe({&segment, 1});
  result.passed = result.action == tested.expected;
  if (tested.category) {
    result.passed = result.passed && verdict.decisive &&
                    verdict.findings[*verdict.decisive].finding.category == *tested.category;
  }
  return result;
}

}  // namespace

Result<std::vector<Case>> read_cases(const std::filesystem::path& file) {
  const File in(std::fopen(file.c_str(), "rb"));
  if (!in) return refuse(io_error(file.string()));
  std::vector<Case> cases;
  LineReader reader(in.get());
  json::Parser parser;
  while (reader.next()) {
    if (reader.line().find_first_not_of(" \t") == std::string::npos) continue;
    auto row = parse_row(parser, reader.line());
    if (!row) return refuse(bad_case(reader.number(), row.error().param, row.error().message));
    // parse_row has just parsed it; once more is cheap here, and keeps rows free of JSON.
    auto object = parser.parse_copy(reader.line());
    if (!object) return refuse(std::move(object.error()));
    row->text = string_at(*object, "text");
    auto read = read_case(*object, *row, reader.number());
    if (!read) return refuse(std::move(read.error()));
    cases.push_back(std::move(*read));
  }
  if (reader.failed()) return refuse(io_error(file.string()));
  return cases;
}

std::vector<CaseResult> run_cases(const Firewall& firewall, const Policy& policy,
                                  const std::vector<Case>& cases) {
  std::vector<CaseResult> results;
  results.reserve(cases.size());
  for (const Case& tested : cases) {
    CaseResult result = tested.direction == Direction::output ? run_output(firewall, policy, tested)
                                                              : run_input(firewall, policy, tested);
    result.tested = tested;
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace gatehouse::firewall::eval
