#include "firewall/answer/schema.h"

#include <exception>
#include <string>
#include <utility>

#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "firewall/answer/counted_json.h"
#include "firewall/answer/schema_copy.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kMaxSchemaBytes = size_t{64} << 10;
/// Looks at values; some 20 ns each.
constexpr size_t kBudget = 500'000;

unexpected<Refusal> cannot(std::string why) {
  Refusal refusal = Refusal::invalid("", "The schema cannot be checked.", "schema_unsupported");
  refusal.layer = Layer::firewall;
  refusal.reason = std::move(why);
  return refuse(std::move(refusal));
}

}  // namespace

struct AnswerSchema::Compiled {
  valijson::Schema schema;
  bool partly = false;
};

AnswerSchema::AnswerSchema(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
AnswerSchema::~AnswerSchema() = default;

Result<std::unique_ptr<AnswerSchema>> AnswerSchema::compile(std::string_view schema) {
  if (schema.size() > kMaxSchemaBytes) return cannot("too large");
  json::Parser parser;
  const auto element = parser.parse_copy(schema);
  if (!element) return unexpected<Refusal>(element.error());
  const auto copy = copy_schema(*element);
  if (!copy) return unexpected<Refusal>(copy.error());
  auto compiled = std::make_unique<Compiled>();
  compiled->partly = copy->partly;
  try {  // valijson reports by exceptions
    valijson::SchemaParser reader;
    reader.populateSchema(valijson::adapters::BoostJsonAdapter(copy->schema), compiled->schema);
  } catch (const std::exception& error) {
    return cannot(error.what());
  }
  return std::unique_ptr<AnswerSchema>(new AnswerSchema(std::move(compiled)));
}

AnswerSchema::Fit AnswerSchema::check(const json::build::value& answer) const {
  counted::budget = kBudget;
  try {
    valijson::Validator validator;
    const bool fits = validator.validate(compiled_->schema, counted::Adapter(answer), nullptr);
    return fits ? Fit::fits : Fit::breaks;
  } catch (const std::exception&) {
    return Fit::unsure;
  }
}

bool AnswerSchema::partly() const {
  return compiled_->partly;
}

}  // namespace gatehouse::firewall
